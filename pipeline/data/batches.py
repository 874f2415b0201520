"""Training batches from images that live on the training device; no worker, no copy a step."""

from collections.abc import Iterator

import torch
from torch import Tensor

from pipeline.data import augment
from pipeline.data.augment import AugmentConfig, generator
from pipeline.optim import duration

# Streams of random numbers, told apart by the first number of their key.
FLIP, ORDER, MIX = 1, 2, 3


class TensorBatches:
    """Batches (images float32 N x 3 x S x S, targets) of one epoch after the other.

    The batch at step `s` is a function of (seed, s), so training can start at any step:
    `position` tells which step comes next. The last, incomplete batch of an epoch is left out.
    With several processes each takes its share of the same global batch, and with several
    `pieces` a step's batch comes in that many parts, for gradient accumulation.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        config: AugmentConfig,
        *,
        batch_size: int,
        total_steps: int,
        seed: int,
        pieces: int = 1,
        classes: int = 10,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.config, self.batch_size, self.seed, self.classes = config, batch_size, seed, classes
        self.pieces, self.rank, self.world_size = pieces, rank, world_size
        self.size = images.shape[1]
        self.padded = augment.reflect_pad(images, config.translate)
        self.labels = labels
        self.steps_per_epoch = len(images) // batch_size
        self.stages = self._stages(total_steps)
        self.first_flip = torch.rand(len(images), generator=generator(seed, FLIP)) < 0.5

    def _stages(self, total_steps: int) -> list[tuple[int, int]]:
        run = duration.Run(batch_size=self.batch_size, steps_per_epoch=self.steps_per_epoch, total_steps=total_steps)
        return [(duration.steps(stage.until, run), stage.size) for stage in self.config.resolutions]

    def resolution(self, step: int) -> int:
        """Pixels a side of the batch at this step."""
        return next((size for end, size in self.stages if step < end), self.size)

    def epoch(self, step: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches from `step` to the end of its epoch."""
        number, first = divmod(step, self.steps_per_epoch)
        plan = self._plan(number)
        for index in range(first, self.steps_per_epoch):
            start, step = index * self.batch_size, number * self.steps_per_epoch + index
            for piece in range(self.pieces):
                first_row = start + piece * self.world_size + self.rank
                mine = slice(first_row, start + self.batch_size, self.world_size * self.pieces)
                yield self._batch([part[mine] for part in plan], step, piece)

    def _plan(self, epoch: int) -> list[Tensor]:
        """Everything random of one epoch, in the order of its images: row, top, left, flip, cutout's y and x."""
        draw = generator(self.seed, ORDER, epoch)
        count, pad, hole = len(self.labels), self.config.translate, self.config.cutout
        rows = torch.randperm(count, generator=draw)
        top, left = torch.randint(0, 2 * pad + 1, (2, count), generator=draw)
        flips = {
            "none": torch.zeros(count, dtype=torch.bool),
            "random": torch.rand(count, generator=draw) < 0.5,
            "alternating": self.first_flip[rows] ^ bool(epoch % 2),
        }
        y, x = torch.randint(0, self.size - hole + 1, (2, count), generator=draw)
        plan = [rows, top, left, flips[self.config.flip], y, x]
        return [part.to(self.labels.device, non_blocking=True) for part in plan]

    def _batch(self, plan: list[Tensor], step: int, piece: int) -> tuple[Tensor, Tensor]:
        rows, top, left, flip, y, x = plan
        images = augment.normalise(augment.crop(self.padded, rows, top, left, flip, self.size))
        if self.config.cutout:
            images = augment.cutout(images, self.config.cutout, y, x)
        images = augment.resize(images, self.resolution(step))
        draw = generator(self.seed, MIX, step, piece, self.rank)
        return augment.mix(images, self.labels[rows], self.config, self.classes, draw)
