"""The files of a competition: a public folder in Kaggle's layout, and the private solution.

This is the only code of the package that uses test labels; training and prediction never do.
"""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import Dataset
from pipeline.core.progress import progress
from pipeline.data import kaggle, sources
from pipeline.data.settings import DataConfig
from pipeline.practice.exchange import ExchangedData, exchange, perturb, rename_source

SOLUTION = "solution.csv"
EXCHANGED, SECRET = "exchanged.csv", "exchange.json"


@dataclass(frozen=True, kw_only=True)
class TestSet:
    """How the test set differs from the published one; the seed decides all of it and is kept in private/."""

    exchange: int = 0
    """Test images that change places with training images."""
    perturb: bool = False
    """Whether every test image is moved, perhaps mirrored, and given other brightness and noise."""
    seed: int = 0

    @property
    def is_own(self) -> bool:
        """Whether it differs at all."""
        return bool(self.exchange or self.perturb)


def write_competition(out: Path, config: DataConfig, test_set: TestSet = TestSet()) -> Dataset:
    """Write `out/public` for the participants and `out/private` for the tutor, both or nothing.

    public/: train/1.png ..., trainLabels.csv, test/1.png ..., sampleSubmission.csv, dataset.json; with it as DATA_DIR
    one gets the same images. private/: solution.csv (readable only by its owner) and dataset.json.

    Args:
        out: a folder that does not exist or is empty.
        config: the source; all its images are written.

    Raises:
        UserError: the folder is not empty or cannot be written, or the source has no test labels.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"--out {out} already exists; remove it or choose another folder")
    dataset = sources.load(config)
    changed = _apply_changes(dataset, sources.test_labels(config, dataset), test_set)
    dataset = changed.dataset
    partial = out.with_name(f"{out.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        _write_public(partial / "public", dataset)
        _write_private(partial / "private", dataset, changed.labels)
        if test_set.is_own:
            _write_secret(partial / "private", changed, test_set)
        partial.replace(out)
    except OSError as error:
        raise UserError(
            f"--out {out}: cannot write it ({error.strerror}); free space or choose another folder"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return dataset


def _apply_changes(dataset: Dataset, labels: np.ndarray, test_set: TestSet) -> ExchangedData:
    """The data set with the changes that the test set asks for."""
    changed = ExchangedData(dataset, labels, np.zeros(len(labels), dtype=bool))
    if test_set.exchange:
        changed = exchange(dataset, labels, test_set.exchange, test_set.seed)
    if test_set.perturb:
        images = perturb(changed.dataset.test_images, test_set.seed)
        changed = replace(changed, dataset=rename_source(replace(changed.dataset, test_images=images)))
    return changed


def write_solution(folder: Path, config: DataConfig, name: str) -> Path:
    """Write only the private part, solution.csv and dataset.json, into a new folder; return the path of the former.

    The files of an earlier call are kept. `name` is the expected source.

    Raises:
        UserError: the folder cannot be written, the source is another one, or it has no test labels.
    """
    if (folder / kaggle.ORIGIN).exists():
        return folder / SOLUTION
    dataset = sources.load(config)
    if dataset.name != name:
        raise UserError(f"the images found are {dataset.name}, not {name}; set DATA_DIR to the folder of {name}")
    labels = sources.test_labels(config, dataset)
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        _write_private(partial, dataset, labels)
        partial.replace(folder)
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror}; free space or choose another folder") from error
    return folder / SOLUTION


def _write_public(folder: Path, dataset: Dataset) -> None:
    train_ids = np.arange(1, len(dataset.train_images) + 1)
    with progress("writing images", total=len(train_ids) + len(dataset.test_ids)) as advance:
        _write_images(folder / "train", train_ids, dataset.train_images, advance)
        _write_images(folder / "test", dataset.test_ids, dataset.test_images, advance)
    train_labels = (dataset.classes[label] for label in dataset.train_labels)
    (folder / kaggle.LABELS).write_text(_table(train_ids, train_labels), newline="\n")
    sample = ["cat"] * len(dataset.test_ids)
    (folder / kaggle.SAMPLE).write_text(_table(dataset.test_ids, sample), newline="\n")
    (folder / kaggle.ORIGIN).write_text(json.dumps({"name": dataset.name}) + "\n")


def _write_private(folder: Path, dataset: Dataset, labels: np.ndarray) -> None:
    folder.mkdir(mode=0o700)
    # Created with this mode, so that others can never read it.
    descriptor = os.open(folder / SOLUTION, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", newline="\n") as file:
        file.write(_table(dataset.test_ids, (dataset.classes[label] for label in labels)))
    (folder / kaggle.ORIGIN).write_text(json.dumps({"name": dataset.name}) + "\n")


def _write_secret(folder: Path, changed: ExchangedData, test_set: TestSet) -> None:
    """Write what only the tutor knows: the settings with their seed, and a solution of only the exchanged images."""
    _write_hidden(folder / SECRET, json.dumps(asdict(test_set), indent=1) + "\n")
    if test_set.exchange:
        names = (changed.dataset.classes[label] for label in changed.labels)
        rows = zip(changed.dataset.test_ids.tolist(), names, changed.exchanged, strict=True)
        lines = (f"{number},{name},{'Private' if chosen else 'Ignored'}\n" for number, name, chosen in rows)
        _write_hidden(folder / EXCHANGED, "id,label,usage\n" + "".join(lines))


def _write_hidden(path: Path, text: str) -> None:
    """Create the file with its mode, so that others can never read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", newline="\n") as file:
        file.write(text)


def _write_images(folder: Path, ids: np.ndarray, images: np.ndarray, advance) -> None:
    from PIL import Image

    folder.mkdir(parents=True)
    for identifier, image in zip(ids.tolist(), images, strict=True):
        Image.fromarray(image).save(folder / f"{identifier}.png", compress_level=1)
        advance(1)


def _table(ids: np.ndarray, labels: Iterable[str]) -> str:
    return "id,label\n" + "".join(f"{number},{label}\n" for number, label in zip(ids.tolist(), labels, strict=True))
