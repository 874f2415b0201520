"""A folder in the layout of Kaggle's CIFAR-10 competition: train/, trainLabels.csv, test/, sampleSubmission.csv.

`python -m pipeline prepare` writes the same layout, and a dataset.json with the source of the images.
"""

import csv
import json
import re
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES, Dataset
from pipeline.data import png, sevenzip

LABELS = "trainLabels.csv"
SAMPLE = "sampleSubmission.csv"
SAMPLES = (SAMPLE, "sample_submission.csv")
ORIGIN = "dataset.json"
NAME = "kaggle"
SIGNS = f"a Kaggle folder (train/, {LABELS}, test/, {SAMPLE})"
HAS_TEST_LABELS = False


def find_dataset(directory: Path) -> Path | None:
    """The directory if a table, an archive or a folder of images shows that it is Kaggle's, otherwise None."""
    signs = (LABELS, *SAMPLES, "train.7z", "test.7z")
    if any((directory / name).exists() for name in signs):
        return directory
    numbered = any(any(_images_of(directory, part).glob("*.png")) for part in ("train", "test"))
    return directory if numbered else None


def load(directory: Path, why: str) -> Dataset:
    """The images of a Kaggle folder, in the order of their ids.

    Args:
        directory: contains the four parts.
        why: the reason for this source, for the log.

    Raises:
        UserError: a part is missing or not unpacked, images and CSV files do not match, a class is unknown,
            or an image is damaged.
    """
    labels = _read_csv(directory / LABELS)
    sample = next((name for name in SAMPLES if (directory / name).exists()), SAMPLE)
    train_ids = _ids_of_images(directory, "train", labels, LABELS)
    test_ids = _ids_of_images(directory, "test", _read_csv(directory / sample), sample)
    train_labels = _label_numbers(directory / LABELS, train_ids, labels)
    return Dataset(
        name=_name(directory / ORIGIN),
        origin=f"Kaggle's layout in {directory}: {why}",
        classes=CLASSES,
        train_images=_read(directory, "train", train_ids),
        train_labels=train_labels,
        test_images=_read(directory, "test", test_ids),
        test_ids=test_ids,
        layout=NAME,
    )


def test_labels(directory: Path) -> None:
    """None: Kaggle does not publish them."""


def _read_csv(path: Path) -> dict[int, str]:
    """The labels by id, from a file with the columns id,label."""
    rows: dict[int, str] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file)
            if next(lines, None) != ["id", "label"]:
                raise UserError(f"{path}: the first line must be id,label")
            for row in filter(None, lines):
                _add_row(rows, row, f"{path}, line {lines.line_num}")
    except OSError as error:
        raise UserError(f"{path}: cannot read this file of the Kaggle folder ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV file ({error})") from None
    return rows


def _add_row(rows: dict[int, str], row: list[str], where: str) -> None:
    if len(row) != 2 or not row[0].isascii() or not row[0].isdigit() or int(row[0]) < 1:
        raise UserError(f"{where}: {','.join(row)!r} is not a positive id and a label")
    if int(row[0]) in rows:
        raise UserError(f"{where}: id {row[0]} occurs twice")
    rows[int(row[0])] = row[1]


def _ids_of_images(directory: Path, part: str, rows: dict[int, str], table: str) -> np.ndarray:
    """The ids of the images in a part of the folder, ascending; they must be exactly those of the table."""
    folder = _images_of(directory, part)
    if not folder.is_dir():
        if _archive(directory, part).exists():
            return np.array(sorted(rows), dtype=np.int64)
        raise UserError(f"{directory} has no folder {part}/ with Kaggle's images; copy {part}.7z there, or unpack it")
    images = {path.name for path in folder.glob("*.png")}
    if not images:
        raise UserError(f"{folder} holds no PNG image; unpack {part}.7z there again")
    expected = {f"{number}.png" for number in rows}
    if missing := expected - images:
        raise UserError(f"{folder} lacks {_some(missing)} that {table} lists; unpack {part}.7z again")
    if unlisted := images - expected:
        raise UserError(f"{folder} holds {_some(unlisted)} that {table} does not list")
    return np.array(sorted(rows), dtype=np.int64)


def _images_of(directory: Path, part: str) -> Path:
    """The folder of a part's images, which is train/train if the archive was unpacked into a folder of its name."""
    nested = directory / part / part
    return nested if nested.is_dir() else directory / part


def _archive(directory: Path, part: str) -> Path:
    return directory / f"{part}.7z"


def _read(directory: Path, part: str, ids: np.ndarray) -> np.ndarray:
    """The images of a part, from its folder or from its archive."""
    folder = _images_of(directory, part)
    return png.read_folder(folder, ids) if folder.is_dir() else sevenzip.read_archive(_archive(directory, part), ids)


def _some(names: set[str], shown: int = 3) -> str:
    """How many names there are, and the first ones."""
    first = sorted(names, key=lambda name: (len(name), name))[:shown]
    dots = ", ..." if len(names) > shown else ""
    return f"{len(names)} image{'s' if len(names) > 1 else ''} ({', '.join(first)}{dots})"


def _label_numbers(path: Path, ids: np.ndarray, labels: dict[int, str]) -> np.ndarray:
    numbers = {name: number for number, name in enumerate(CLASSES)}
    for identifier, label in labels.items():
        if label not in numbers:
            raise UserError(f"{path}: unknown class {label!r} of id {identifier}; allowed: {', '.join(CLASSES)}")
    return np.array([numbers[labels[identifier]] for identifier in ids.tolist()], dtype=np.int64)


def _name(path: Path) -> str:
    """The source of the images: from the dataset.json of `prepare`, otherwise Kaggle."""
    if not path.exists():
        return NAME
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["name"]
    except (OSError, ValueError, KeyError, TypeError):
        name = None
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]{1,40}", name):  # it becomes part of folders' names
        raise UserError(f'{path}: must be {{"name": NAME}} with a name such as cifar10, kaggle or stand-in')
    return name
