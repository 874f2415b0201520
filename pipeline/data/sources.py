"""Where the images come from: a directory, else a download, else the drawn stand-in, which is never taken silently."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.data import cifar10
from pipeline.data.images import Dataset
from pipeline.errors import UserError


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """Which images to take, and how many of them to hold out."""

    source: Literal["auto", "cifar10", "kaggle", "stand-in"] = "auto"
    """auto: what the directory holds, else a download, else the drawn stand-in; a name takes that source or stops."""

    directory: str | None = None
    """Folder of the official python batches or of Kaggle's files; by default $DATA_DIR, else ./data."""

    download: bool = True
    """Whether CIFAR-10 may be downloaded where the directory does not hold it."""

    validation: int = 5000
    """Training images held out for validation, the same number of each class; 0 trains on all."""

    split_seed: int = 0
    """Seed that chooses the held-out images; apart from the training seed, so that runs share one validation set."""

    train_limit: int | None = None
    """Keep only so many training images, the first ones, for a quick trial."""

    def __post_init__(self) -> None:
        """Raise ValueError for a field out of range, with its dotted key and what is allowed."""
        allowed = ("auto", "cifar10", "kaggle", "stand-in")
        if self.source not in allowed:
            raise ValueError(f"data.source is {self.source!r}; allowed: {', '.join(allowed)}")
        if self.validation < 0:
            raise ValueError(f"data.validation is {self.validation}; allowed: 0 or more images")
        if self.split_seed < 0:
            raise ValueError(f"data.split_seed is {self.split_seed}; allowed: 0 or more")
        if self.train_limit is not None and self.train_limit < 10:
            raise ValueError(f"data.train_limit is {self.train_limit}; allowed: null, or 10 or more images")


def load(config: SourceConfig) -> Dataset:
    """The images of the chosen source, in the order directory, download, stand-in.

    Raises:
        UserError: the source is not to be had, or its files are damaged or do not fit together.
    """
    dataset = _load(config)
    if config.train_limit is None:
        return dataset
    return replace(
        dataset,
        origin=f"{dataset.origin}; the first {config.train_limit} training images",
        train_images=dataset.train_images[: config.train_limit],
        train_labels=dataset.train_labels[: config.train_limit],
    )


def _load(config: SourceConfig) -> Dataset:
    directory = Path(config.directory or os.environ.get("DATA_DIR") or "data")
    folder = cifar10.find(directory)
    if folder is None:
        raise UserError(f"{directory} holds no CIFAR-10 batches")
    return cifar10.load(folder, why=f"found in {directory}")
