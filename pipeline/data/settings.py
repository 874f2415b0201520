"""The data part of a recipe: which images to use, and which of them to hold out."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.data.registry import SOURCES
from pipeline.data.splits import Split, split


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which images to use, and how many of them to hold out."""

    source: Literal[("auto", *SOURCES)] = "auto"  # type: ignore[valid-type]
    """auto: the directory's images, or a download, or the stand-in; a name uses that source or stops."""

    directory: str | None = None
    """Folder (or archive) of the images in a format of docs/data.md; by default $DATA_DIR, otherwise ./data."""

    download: bool = True
    """Whether CIFAR-10 may be downloaded if the directory does not contain it."""

    validation: int = 5000
    """Number of training images held out for validation, the same from each class; 0: train on all."""

    folds: int | None = None
    """Split the training images into this many folds and hold out one of them, instead of `validation` images."""

    fold: int = 0
    """With `folds`: which fold is held out, counted from 0."""

    split_seed: int = 0
    """Seed of the choice of held-out images; separate from the training seed, so that runs share a validation set."""

    train_limit: int | None = None
    """Use only the first training images, this many, for a quick trial."""

    def __post_init__(self) -> None:
        """Raise ValueError for a field that is out of range, with its dotted key and the allowed values."""
        allowed = ("auto", *SOURCES)
        if self.source not in allowed:
            raise ValueError(f"data.source is {self.source!r}; allowed: {', '.join(allowed)}")
        if self.validation < 0:
            raise ValueError(f"data.validation is {self.validation}; allowed: 0 or more images")
        if self.folds is not None and self.folds < 2:
            raise ValueError(f"data.folds is {self.folds}; allowed: null, or 2 or more")
        if not 0 <= self.fold < (self.folds or 1):
            raise ValueError(f"data.fold is {self.fold}; allowed: 0 to {(self.folds or 1) - 1}, below data.folds")
        if self.split_seed < 0:
            raise ValueError(f"data.split_seed is {self.split_seed}; allowed: 0 or more")
        if self.train_limit is not None and self.train_limit < 10:
            raise ValueError(f"data.train_limit is {self.train_limit}; allowed: null, or 10 or more images")

    @property
    def holds_out(self) -> bool:
        """Whether any training images are held out."""
        return self.validation > 0 or self.folds is not None

    @property
    def has_test_labels(self) -> bool:
        """Whether a competition can be made from these images; with "auto" this is known once they are found."""
        return self.source == "auto" or SOURCES[self.source].HAS_TEST_LABELS

    def split(self, train_labels: np.ndarray) -> Split:
        """Which images to train on and which to hold out; raises UserError if there are too few."""
        return split(train_labels, self.validation, self.split_seed, self.fold, self.folds)
