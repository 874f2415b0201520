"""Where the images come from: a directory, else a download, else the drawn stand-in, which is never taken silently."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.core.errors import UserError
from pipeline.data import cifar10, kaggle
from pipeline.data import stand_in as standin
from pipeline.data.download import DownloadError, begun, download
from pipeline.data.images import Dataset
from pipeline.data.splits import Split, split


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

    folds: int | None = None
    """Cut the training images into so many parts and hold out one of them, instead of `validation` images."""

    fold: int = 0
    """With `folds`: which part is held out, counted from 0."""

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

    def split(self, train_labels: np.ndarray) -> Split:
        """Which images to train on and which to hold out; UserError if there are too few."""
        return split(train_labels, self.validation, self.split_seed, self.fold, self.folds)


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
    """The order: 1. what the directory holds; 2. a download into it; 3. the stand-in, with its reason."""
    if config.source == "stand-in":
        return standin.load("asked for by data.source")
    directory, named_by = directory_of(config)
    if dataset := _from_directory(config, directory, named_by):
        return dataset
    if config.source == "kaggle":
        raise UserError(
            f"data.source is kaggle, but {directory} ({named_by}) holds no Kaggle folder; set DATA_DIR to the folder "
            f"of train/, {kaggle.LABELS}, test/ and {kaggle.SAMPLE}"
        )
    try:
        return cifar10.load(_download(config, directory), why=f"downloaded, since {directory} ({named_by}) had no data")
    except DownloadError as error:
        if config.source == "auto":
            return standin.load(f"{directory} ({named_by}) has no data; {error}")
        raise UserError(
            f"data.source is cifar10, but {directory} ({named_by}) has no {cifar10.FOLDER} and {error}; "
            "set DATA_DIR to where the batches lie, or try without them: --data.source stand-in"
        ) from None


def pinned(config: SourceConfig, taken: Dataset) -> SourceConfig:
    """The config that leads to the images that `load` has just taken with it, from anywhere and to no others."""
    if taken.layout == "drawn":
        return replace(config, source="stand-in")
    directory = str(directory_of(config)[0].resolve())
    # A prepared folder may hold the stand-in, which no named source takes: it stays auto, and is found there alone.
    source = "auto" if taken.name == standin.NAME else taken.layout
    return replace(config, source=source, directory=directory)


def directory_of(config: SourceConfig) -> tuple[Path, str]:
    """Where to look for images, and who said so.

    Raises:
        UserError: a directory that was named is not there; a slip of the pen is not worth a download of 170 MB.
    """
    if config.directory:
        directory, named_by = Path(config.directory), "data.directory"
    elif os.environ.get("DATA_DIR"):
        directory, named_by = Path(os.environ["DATA_DIR"]), "DATA_DIR"
    else:
        return Path("data"), "the default"
    directory = directory.expanduser()
    if not directory.is_dir():
        raise UserError(f"{directory} ({named_by}) is not a folder; correct it, or create it to download there")
    return directory, named_by


def _from_directory(config: SourceConfig, directory: Path, named_by: str) -> Dataset | None:
    """What the directory holds; None where there is nothing, or no more than the leftover of a download."""
    why = f"found in {directory} ({named_by})"
    batches = cifar10.find(directory) if config.source != "kaggle" else None
    if batches is not None:
        return _batches(config, batches, why)
    folder = kaggle.find(directory) if config.source != "cifar10" else None
    if folder is not None:
        return _only_if_allowed(kaggle.load(folder, why), config)
    if named_by != "the default" and any(directory.iterdir()) and not begun(directory):
        raise UserError(
            f"{directory} ({named_by}) holds neither {cifar10.FOLDER} nor a Kaggle folder (train/, {kaggle.LABELS}, "
            f"test/, {kaggle.SAMPLE}); correct it, or name an empty folder to download there"
        )
    return None


def _batches(config: SourceConfig, folder: Path, why: str) -> Dataset:
    """The official batches, mended first if they are the leftover of a broken download."""
    try:
        return cifar10.load(folder, why)
    except UserError as damage:
        if folder.name != cifar10.FOLDER or not begun(folder.parent):
            raise
        try:
            return cifar10.load(_download(config, folder.parent), why=f"{why}, mended after a broken download")
        except DownloadError as error:
            raise UserError(f"{damage}; it is the leftover of a broken download, and {error}") from None


def _download(config: SourceConfig, directory: Path) -> Path:
    if not config.download:
        raise DownloadError("data.download is false")
    return download(directory)


def _only_if_allowed(dataset: Dataset, config: SourceConfig) -> Dataset:
    """A Kaggle folder may hold the stand-in, as `prepare` wrote it; that is not taken silently either."""
    if dataset.name != standin.NAME:
        return dataset
    if config.source != "auto":
        raise UserError(f"data.source is {config.source}, but the images are the stand-in: {dataset.origin}")
    standin.warn(dataset.origin)
    return dataset
