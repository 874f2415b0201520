"""The LightningDataModule: splits the training set and yields batches on the training device."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from pipeline.core.images import Dataset
from pipeline.data import augment
from pipeline.data.augment_settings import AugmentConfig
from pipeline.data.batches import TensorBatches
from pipeline.data.splits import Split


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The numbers that determine the order of training."""

    batch_size: int
    accumulate: int
    total_steps: int
    seed: int
    validation_batch: int = 1000


class Loader:
    """A sized iterable for Lightning over an endless stream of steps; each pass starts at the current training step."""

    def __init__(self, length: int, batches: Callable[[], Iterator[tuple[Tensor, Tensor]]]) -> None:
        self.length, self.batches = length, batches

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return self.batches()


class ImageModule(pl.LightningDataModule):
    """Training and validation batches of a dataset that stays on the device; the split assigns the images."""

    def __init__(self, dataset: Dataset, split: Split, config: AugmentConfig, plan: Plan) -> None:
        super().__init__()
        self.dataset, self.split, self.config, self.plan = dataset, split, config, plan

    def _on_device(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        device = self.trainer.strategy.root_device
        images = torch.from_numpy(np.ascontiguousarray(self.dataset.train_images[rows])).to(device)
        return images, torch.from_numpy(self.dataset.train_labels[rows]).to(device)

    def train_dataloader(self):
        """A loader whose every pass yields the batches from the trainer's current step to the end of the epoch."""
        images, labels = self._on_device(self.split.training)
        options = {
            "batch_size": self.plan.batch_size,
            "accumulate": self.plan.accumulate,
            "total_steps": self.plan.total_steps,
            "seed": self.plan.seed,
            "classes": len(self.dataset.classes),
            "rank": self.trainer.global_rank,
            "world_size": self.trainer.world_size,
        }
        if self.config.engine == "albumentations":
            from pipeline.data.workers import WorkerBatches

            batches = WorkerBatches(self.dataset.train_images[self.split.training], labels, self.config, **options)
        else:
            batches = TensorBatches(images, labels, self.config, **options)
        length = batches.steps_per_epoch * self.plan.accumulate
        return Loader(length, lambda: batches.epoch(self.trainer.global_step))

    def val_dataloader(self):
        """The held-out images in order, a share for each process; empty if none are held out."""
        if not len(self.split.held_out):
            return []
        rank, world = self.trainer.global_rank, self.trainer.world_size
        images, labels = self._on_device(self.split.held_out[rank::world])
        size = self.plan.validation_batch

        def batches() -> Iterator[tuple[Tensor, Tensor]]:
            for start in range(0, len(labels), size):
                part = slice(start, start + size)
                yield augment.normalise(images[part]), labels[part]

        return Loader(-(-len(labels) // size), batches)
