"""Where the images come from: a directory, a download, or the drawn stand-in, which is never used silently."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import OWN_SPLIT, Dataset
from pipeline.data import cifar10, stand_in
from pipeline.data.download import DownloadError, begun, download
from pipeline.data.registry import SOURCES, Source
from pipeline.data.settings import DataConfig

DEFAULT = "the default"
# How deep below the named folder to search, and in how many folders at most.
DEPTH, FOLDERS = 3, 200


def load(config: DataConfig) -> Dataset:
    """The images of the chosen source, in the order directory, download, stand-in.

    Raises:
        UserError: the source is not available, or its files are damaged or inconsistent.
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
    """The order: 1.

    the directory; 2. a download into it; 3. the stand-in, if the user named neither source nor directory.
    """
    if config.source == stand_in.NAME:
        return stand_in.load(Path(), "asked for by data.source")
    directory, named_by = directory_of(config)
    if dataset := _from_directory(config, directory, named_by):
        return dataset
    if config.source not in ("auto", cifar10.NAME):
        raise UserError(
            f"data.source is {config.source}, but {directory} ({named_by}) does not hold "
            f"{SOURCES[config.source].SIGNS}: {contents(directory)}; set DATA_DIR to the folder that does"
        )
    try:
        return cifar10.load(_download(config, directory), why=f"downloaded, since {directory} ({named_by}) had no data")
    except DownloadError as error:
        if config.source == "auto" and named_by == DEFAULT:
            return stand_in.load(directory, f"{directory} ({named_by}) has no data; {error}")
        wanted = "" if config.source == "auto" else f"data.source is {config.source}, but "
        raise UserError(
            f"{wanted}{directory} ({named_by}) has no images: {contents(directory)}; {error}; "
            "set DATA_DIR to a folder of images, or try without them: --data.source stand-in"
        ) from None


def exact_config(config: DataConfig, taken: Dataset) -> DataConfig:
    """The config that finds exactly the images that `load` has just found, from any working directory."""
    if taken.layout == stand_in.NAME:
        return replace(config, source=stand_in.NAME)
    directory = str(directory_of(config)[0].resolve())
    # A prepared folder may contain the stand-in, which no named source accepts: keep auto, which finds it there.
    source = "auto" if taken.name == stand_in.NAME else taken.layout
    return replace(config, source=source, directory=directory)


def test_labels(config: DataConfig, dataset: Dataset) -> np.ndarray:
    """The labels of the dataset's test images, int64 M, in their order; raises UserError if there are none."""
    drawn = dataset.name == stand_in.NAME
    source = SOURCES[dataset.name if drawn else dataset.layout]
    place = Path() if drawn else _find(source, directory_of(config)[0])
    labels = source.test_labels(place) if place else None
    if labels is None:
        raise UserError(f"there are no test labels in {dataset.origin}; take the official batches or the stand-in")
    return labels


def directory_of(config: DataConfig) -> tuple[Path, str]:
    """Where to look for images (a folder, or a file such as an archive), and which setting named it.

    Raises:
        UserError: a named directory does not exist; a mistyped directory must not trigger a download of 170 MB.
    """
    if config.directory:
        directory, named_by = Path(config.directory), "data.directory"
    elif os.environ.get("DATA_DIR"):
        directory, named_by = Path(os.environ["DATA_DIR"]), "DATA_DIR"
    else:
        return Path("data"), DEFAULT
    try:
        directory = directory.expanduser()
    except RuntimeError as error:
        raise UserError(f"{directory} ({named_by}): {error}; correct it") from None
    if not directory.exists():
        raise UserError(
            f"{directory} ({named_by}) is not a folder or a file; correct it, or create it to download there"
        )
    return directory, named_by


def _from_directory(config: DataConfig, directory: Path, named_by: str) -> Dataset | None:
    """The directory's images; None if it has nothing, or only the remains of a download."""
    found = _search(config, directory)
    if found:
        name, place = found
        why = f"found in {directory} ({named_by})"
        dataset = _batches(config, place, why) if name == cifar10.NAME else SOURCES[name].load(place, why)
        return _only_if_allowed(dataset, config)
    if named_by != DEFAULT and config.source == "auto" and _holds_something(directory):
        raise UserError(
            f"{directory} ({named_by}) has no images that this kit reads: {contents(directory)}; it reads {_signs()}; "
            "correct it, or name an empty folder to download there"
        )
    return None


def _search(config: DataConfig, directory: Path) -> tuple[str, Path] | None:
    """The first source that finds its files, and where: in the directory first, then in folders below it."""
    for folder in _folders(directory):
        for name, source in SOURCES.items():
            if config.source in ("auto", name) and (place := source.find_dataset(folder)):
                return name, place
    return None


def _find(source: Source, directory: Path) -> Path | None:
    return next((place for folder in _folders(directory) if (place := source.find_dataset(folder))), None)


def _folders(directory: Path) -> Iterator[Path]:
    """The directory and the folders below it, nearest first, without hidden ones."""
    level, left = [directory], FOLDERS
    for _ in range(1 + DEPTH):
        yield from level
        level = [path for folder in level for path in _subfolders(folder)][:left]
        left -= len(level)


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def _holds_something(directory: Path) -> bool:
    return not directory.is_dir() or (any(directory.iterdir()) and not begun(directory))


def contents(directory: Path, shown: int = 4) -> str:
    """The contents of a directory, for a message: the first names, and how many more."""
    if not directory.is_dir():
        return "it is a file" if directory.exists() else "it does not exist"
    names = sorted(path.name + "/" * path.is_dir() for path in directory.iterdir())
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"it holds {', '.join(names[:shown])}{more}" if names else "it is empty"


def _signs() -> str:
    return "; ".join(dict.fromkeys(source.SIGNS for name, source in SOURCES.items() if name != stand_in.NAME))


def _batches(config: DataConfig, folder: Path, why: str) -> Dataset:
    """The official batches, repaired first if they are the remains of our own broken download."""
    try:
        return cifar10.load(folder, why)
    except UserError as damage:
        if folder.name != cifar10.FOLDER or not begun(folder.parent):
            raise
        try:
            return cifar10.load(_download(config, folder.parent), why=f"{why}, repaired after a broken download")
        except DownloadError as error:
            raise UserError(f"{damage}; it is what a broken download left, and {error}") from None


def _download(config: DataConfig, directory: Path) -> Path:
    if not config.download:
        raise DownloadError("data.download is false")
    return download(directory)


def _only_if_allowed(dataset: Dataset, config: DataConfig) -> Dataset:
    """Refuse a Kaggle folder with the stand-in, as `prepare` writes it, unless the user asked for it."""
    if dataset.name not in (*SOURCES, OWN_SPLIT):
        raise UserError(f"{dataset.origin}: its images are named {dataset.name}; allowed: {', '.join(SOURCES)}")
    if dataset.name != stand_in.NAME:
        return dataset
    if config.source != "auto":
        raise UserError(f"data.source is {config.source}, but the images are the stand-in: {dataset.origin}")
    stand_in.warn(dataset.origin)
    return dataset
