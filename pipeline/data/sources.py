"""Where the images come from: a directory, else a download, else the drawn stand-in, which is never taken silently."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import Dataset
from pipeline.data import cifar10, stand_in
from pipeline.data.download import DownloadError, begun, download
from pipeline.data.registry import SOURCES
from pipeline.data.settings import DataConfig


def load(config: DataConfig) -> Dataset:
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


def _load(config: DataConfig) -> Dataset:
    """The order: 1. what the directory holds; 2. a download into it; 3. the stand-in, with its reason."""
    if config.source == stand_in.NAME:
        return stand_in.load(Path(), "asked for by data.source")
    directory, named_by = directory_of(config)
    if dataset := _from_directory(config, directory, named_by):
        return dataset
    if config.source not in ("auto", cifar10.NAME):
        raise UserError(
            f"data.source is {config.source}, but {directory} ({named_by}) does not hold "
            f"{SOURCES[config.source].SIGNS}; set DATA_DIR to the folder that does"
        )
    try:
        return cifar10.load(_download(config, directory), why=f"downloaded, since {directory} ({named_by}) had no data")
    except DownloadError as error:
        if config.source == "auto":
            return stand_in.load(directory, f"{directory} ({named_by}) has no data; {error}")
        raise UserError(
            f"data.source is cifar10, but {directory} ({named_by}) has no {cifar10.FOLDER} and {error}; "
            "set DATA_DIR to where the batches lie, or try without them: --data.source stand-in"
        ) from None


def exact_config(config: DataConfig, taken: Dataset) -> DataConfig:
    """The config that leads to the images that `load` has just taken with it, from anywhere and to no others."""
    if taken.layout == stand_in.NAME:
        return replace(config, source=stand_in.NAME)
    directory = str(directory_of(config)[0].resolve())
    # A prepared folder may hold the stand-in, which no named source takes: it stays auto, and is found there alone.
    source = "auto" if taken.name == stand_in.NAME else taken.layout
    return replace(config, source=source, directory=directory)


def test_labels(config: DataConfig, dataset: Dataset) -> np.ndarray:
    """int64 M: the labels of the dataset's test images, in their order; UserError if there are none."""
    source = SOURCES.get(dataset.name)
    directory = Path() if dataset.name == stand_in.NAME else directory_of(config)[0]
    labels = source.test_labels(directory) if source else None
    if labels is None:
        raise UserError(f"there are no test labels in {dataset.origin}; take the official batches or the stand-in")
    return labels


def directory_of(config: DataConfig) -> tuple[Path, str]:
    """Where to look for images, and who said so.

    Raises:
        UserError: a directory that was named is not there; a mistyped directory must not trigger a download of 170 MB.
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


def _from_directory(config: DataConfig, directory: Path, named_by: str) -> Dataset | None:
    """What the directory holds; None where there is nothing, or no more than the leftover of a download."""
    why = f"found in {directory} ({named_by})"
    for name, source in SOURCES.items():
        folder = source.find(directory) if config.source in ("auto", name) else None
        if folder is not None:
            dataset = _batches(config, folder, why) if name == cifar10.NAME else source.load(folder, why)
            return _only_if_allowed(dataset, config)
    if named_by != "the default" and any(directory.iterdir()) and not begun(directory):
        found = " nor ".join(source.SIGNS for name, source in SOURCES.items() if name != stand_in.NAME)
        raise UserError(
            f"{directory} ({named_by}) holds neither {found}; correct it, or name an empty folder to download there"
        )
    return None


def _batches(config: DataConfig, folder: Path, why: str) -> Dataset:
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


def _download(config: DataConfig, directory: Path) -> Path:
    if not config.download:
        raise DownloadError("data.download is false")
    return download(directory)


def _only_if_allowed(dataset: Dataset, config: DataConfig) -> Dataset:
    """A Kaggle folder may hold the stand-in, as `prepare` wrote it; that is not taken silently either."""
    if dataset.name not in SOURCES:
        raise UserError(f"{dataset.origin}: its images are named {dataset.name}; allowed: {', '.join(SOURCES)}")
    if dataset.name != stand_in.NAME:
        return dataset
    if config.source != "auto":
        raise UserError(f"data.source is {config.source}, but the images are the stand-in: {dataset.origin}")
    stand_in.warn(dataset.origin)
    return dataset
