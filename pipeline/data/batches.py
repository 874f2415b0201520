"""Training batches from images that stay on the training device: no workers, and no copy per step."""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from pipeline.core import duration
from pipeline.core.streams import FLIP, JITTER, MIX, ORDER, OWN, TRIVIAL, generator
from pipeline.data import augment
from pipeline.data.augment_settings import AugmentConfig, Resolution
from pipeline.data.own import own_augment
from pipeline.data.trivial import trivial_augment


class Augmentation(Protocol):
    """Changes the images of a whole batch, on their device.

    To add one, write a function in a module beside this one, give it a stream in core/streams.py, add its options to
    AugmentConfig (off by default), and list it in AUGMENTATIONS.
    """

    def __call__(self, images: Tensor, config: AugmentConfig, draw: torch.Generator) -> Tensor:
        """Normalised images, float32 N x 3 x S x S, augmented if the recipe asks for it, otherwise unchanged.

        All random numbers come from `draw`, a CPU generator for this batch.
        """


# By random stream, in the order in which they are applied.
AUGMENTATIONS: dict[int, Augmentation] = {TRIVIAL: trivial_augment, JITTER: augment.jitter, OWN: own_augment}


class Batches:
    """Batches (images float32 N x 3 x S x S, targets), epoch after epoch; a subclass makes the images.

    The batch at step `s` depends only on (seed, s), so training can start at any step. The last, incomplete batch of
    an epoch is dropped. Each of several processes takes its share of the same global batch. For gradient
    accumulation, the batch of a step comes in `accumulate` parts.
    """

    def __init__(
        self,
        labels: Tensor,
        config: AugmentConfig,
        *,
        size: int,
        batch_size: int,
        total_steps: int,
        seed: int,
        accumulate: int = 1,
        classes: int = 10,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.labels, self.config, self.size = labels, config, size
        self.batch_size, self.seed, self.classes = batch_size, seed, classes
        self.accumulate, self.rank, self.world_size = accumulate, rank, world_size
        self.steps_per_epoch = len(labels) // batch_size
        self.stages = self._stages(total_steps)

    def _stages(self, total_steps: int) -> list[tuple[int, Resolution]]:
        run = duration.Run(batch_size=self.batch_size, steps_per_epoch=self.steps_per_epoch, total_steps=total_steps)
        return [(duration.steps(stage.until, run), stage) for stage in self.config.resolutions]

    def shrink(self, images: Tensor, step: int) -> Tensor:
        """The images at the resolution of this step."""
        stage = next((stage for end, stage in self.stages if step < end), None)
        return images if stage is None else augment.SHRINK[stage.by](images, stage.size)

    def parts(self, step: int) -> Iterator[tuple[int, int, slice]]:
        """(step, part, this process's slice of the epoch's order) from `step` to the end of its epoch."""
        number, first = divmod(step, self.steps_per_epoch)
        for index in range(first, self.steps_per_epoch):
            start = index * self.batch_size
            for part in range(self.accumulate):
                first_place = start + part * self.world_size + self.rank
                places = slice(first_place, start + self.batch_size, self.world_size * self.accumulate)
                yield number * self.steps_per_epoch + index, part, places

    def order(self, epoch: int, draw: torch.Generator | None = None) -> Tensor:
        """The indices of an epoch's images in training order."""
        return torch.randperm(len(self.labels), generator=draw or generator(self.seed, ORDER, epoch))

    def finish(self, images: Tensor, labels: Tensor, step: int, part: int) -> tuple[Tensor, Tensor]:
        """Augment a whole batch: one operation per image, jitter, the step's resolution, mixing."""
        for stream, augmentation in AUGMENTATIONS.items():
            images = augmentation(images, self.config, generator(self.seed, stream, step, part, self.rank))
        images = self.shrink(images, step)
        draw = generator(self.seed, MIX, step, part, self.rank)
        return augment.mix(images, labels, self.config, self.classes, draw)


class TensorBatches(Batches):
    """Batches from uint8 images N x H x W x 3 that stay on the training device: no workers, and no copy per step."""

    def __init__(self, images: Tensor, labels: Tensor, config: AugmentConfig, **options) -> None:
        super().__init__(labels, config, size=images.shape[1], **options)
        self.padded = augment.reflect_pad(images, config.translate)
        self.first_flip = torch.rand(len(images), generator=generator(self.seed, FLIP)) < 0.5

    def epoch(self, step: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches from `step` to the end of its epoch."""
        plan = self._plan(step // self.steps_per_epoch)
        for at, part, places in self.parts(step):
            images, labels = self._cut([part[places] for part in plan])
            yield self.finish(images, labels, at, part)

    def _plan(self, epoch: int) -> list[Tensor]:
        """All random numbers of an epoch, in the order of its images: row, top, left, flip, cutout's y and x."""
        draw = generator(self.seed, ORDER, epoch)
        count, pad, hole = len(self.labels), self.config.translate, self.config.cutout
        rows = self.order(epoch, draw)
        top, left = torch.randint(0, 2 * pad + 1, (2, count), generator=draw)
        flips = {
            "none": torch.zeros(count, dtype=torch.bool),
            "random": torch.rand(count, generator=draw) < 0.5,
            "alternating": self.first_flip[rows] ^ bool(epoch % 2),
        }
        y, x = torch.randint(0, self.size - hole + 1, (2, count), generator=draw)
        plan = [rows, top, left, flips[self.config.flip], y, x]
        return [augment.to_device(part, self.labels.device) for part in plan]

    def _cut(self, plan: list[Tensor]) -> tuple[Tensor, Tensor]:
        rows, top, left, flip, y, x = plan
        images = augment.normalise(augment.crop(self.padded, rows, top, left, flip, self.size))
        if self.config.cutout:
            images = augment.cutout(images, self.config.cutout, y, x)
        return images, self.labels[rows]
