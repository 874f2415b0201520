"""Training batches that albumentations augments in worker processes."""

import signal
import weakref
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pipeline.data.albumentation import AugmentedImages
from pipeline.data.augment import to_device
from pipeline.data.augment_settings import AugmentConfig
from pipeline.data.batches import Batches


class WorkerBatches(Batches):
    """Batches from uint8 images N x 32 x 32 x 3, in the order of the tensor engine, on the device of the labels."""

    def __init__(self, images: np.ndarray, labels: Tensor, config: AugmentConfig, **options) -> None:
        super().__init__(labels, config, size=images.shape[1], **options)
        dataset = AugmentedImages(images, labels.cpu().numpy(), config, self.seed)
        # A weak reference: in a circle of strong ones, the loader would be left to the garbage collector, which takes
        # away its queues first and so waits five seconds for each worker.
        self.sampler = KeySampler(weakref.proxy(self))
        self.loader = DataLoader(
            dataset,
            batch_sampler=self.sampler,
            num_workers=config.workers,
            persistent_workers=config.workers > 0,
            worker_init_fn=start_worker,
        )

    def epoch(self, step: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches from `step` to the end of its epoch."""
        self.sampler.step = step
        device = self.labels.device
        for (at, part, _), (images, labels) in zip(self.parts(step), self.loader, strict=True):
            images = to_device(images, device).contiguous(memory_format=torch.channels_last)
            yield self.finish(images, to_device(labels, device), at, part)


class KeySampler:
    """Lists of (epoch, index), one list per batch, from `step` to the end of its epoch."""

    def __init__(self, batches: Batches) -> None:
        self.batches, self.step = batches, 0

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        epoch = self.step // self.batches.steps_per_epoch
        order = self.batches.order(epoch)
        for _, _, places in self.batches.parts(self.step):
            yield [(epoch, index) for index in order[places].tolist()]


def start_worker(worker: int) -> None:
    """Use one thread, since the trainer has its own pool, and ignore Ctrl-C, which the trainer handles."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
