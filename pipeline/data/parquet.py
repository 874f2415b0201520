"""Parquet files as on Hugging Face: a column of encoded images and a column of labels.

CIFAR-10 there: plain_text/train-00000-of-00001.parquet with `img` and `label`. Needs pyarrow.
"""

import json
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES, Dataset
from pipeline.data import decoded, identity

NAME = "parquet"
SIGNS = "train-*.parquet and test-*.parquet"
HAS_TEST_LABELS = True
IMAGES = ("img", "image", "images")
LABELS = ("label", "labels", "fine_label")
TEST_PARTS = ("test", "validation", "valid")


def find_dataset(directory: Path) -> Path | None:
    """The directory if it contains train*.parquet, otherwise None."""
    return directory if directory.is_dir() and any(directory.glob("train*.parquet")) else None


def load(folder: Path, why: str) -> Dataset:
    """The images of a folder of Parquet files, in their order.

    Raises UserError if columns are missing or files are damaged.
    """
    test = _test_part(folder)
    train_images, train_labels, classes = _part(folder, "train")
    test_images, _, _ = _part(folder, test)
    same = classes == CLASSES and identity.is_cifar10(train_images, train_labels, test_images)
    return Dataset(
        name="cifar10" if same else NAME,
        origin=f"{'CIFAR-10 (each image verified)' if same else 'images'} in Parquet files in {folder}: {why}",
        classes=classes,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_ids=np.arange(1, len(test_images) + 1),
        layout=NAME,
    )


def test_labels(directory: Path) -> np.ndarray | None:
    """The labels of the test files, int64 M; None if the directory has none."""
    folder = find_dataset(directory)
    return _part(folder, _test_part(folder))[1] if folder else None


def _test_part(folder: Path) -> str:
    found = next((part for part in TEST_PARTS if any(folder.glob(f"{part}*.parquet"))), None)
    if found is None:
        raise UserError(f"{folder} has train*.parquet, but no test*.parquet; copy it there too")
    return found


def _part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Images, labels and class names of a part's files in the order of their names."""
    paths = sorted(folder.glob(f"{part}*.parquet"))
    tables = [_table(path) for path in paths]
    names, labels, contents = [], [], []
    for path, table in zip(paths, tables, strict=True):
        image = _column(path, table, IMAGES)
        labels.append(table.column(_column(path, table, LABELS)).to_numpy())
        for row, cell in enumerate(table.column(image)):
            names.append(f"{path}, row {row}")
            contents.append(lambda cell=cell: _bytes(cell.as_py()))
    numbers = np.concatenate(labels).astype(np.int64)
    facts = (part, decoded.file_stamps(paths, folder))
    # A cache for each part: one of the same name would take the place of the other.
    return decoded.images(folder / part, facts, contents, names), numbers, _classes(tables[0], numbers)


def _table(path: Path):
    try:
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise UserError(f"{path}: reading Parquet needs pyarrow; pip install '.[data]' brings it") from None
    try:
        return pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: this Parquet file is damaged ({reason}); copy it again") from None


def _column(path: Path, table, known: tuple[str, ...]) -> str:
    for name in known:
        if name in table.column_names:
            return name
    raise UserError(f"{path} has the columns {', '.join(table.column_names)}; expected one of {', '.join(known)}")


def _bytes(cell) -> bytes:
    return cell["bytes"] if isinstance(cell, dict) else cell


def _classes(table, labels: np.ndarray) -> tuple[str, ...]:
    """The names in the file's Hugging Face metadata, otherwise CIFAR-10's for ten classes, otherwise numbers."""
    metadata = (table.schema.metadata or {}).get(b"huggingface")
    if metadata:
        features = json.loads(metadata)["info"]["features"]
        for name in LABELS:
            if names := features.get(name, {}).get("names"):
                return tuple(names)
    count = int(labels.max()) + 1
    return CLASSES if count == len(CLASSES) else tuple(map(str, range(count)))
