"""A run's predictions for its held-out images, kept for reports: labels, probabilities and the worst mistakes."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.core.files import write_whole

FILE = "held_out.npz"
WORST = 16


class HeldOut(NamedTuple):
    """A run's predictions for N held-out training images, with one view."""

    rows: np.ndarray
    """int64 N: their rows in the training set."""
    labels: np.ndarray
    """int64 N."""
    table: np.ndarray
    """float16 N x classes: probabilities."""
    classes: tuple[str, ...]
    worst: np.ndarray
    """int64 K: rows of `table` with the mistakes that gave the true class the least probability."""
    images: np.ndarray
    """uint8 K x S x S x 3: these images."""


def write(folder: Path, rows: np.ndarray, labels: np.ndarray, table: np.ndarray, images: np.ndarray, classes) -> None:
    """Write the predictions for N images (uint8 N x S x S x 3) into the run folder."""
    wrong = np.flatnonzero(table.argmax(1) != labels)
    worst = wrong[np.argsort(table[wrong, labels[wrong]])][:WORST]
    arrays = {
        "rows": rows, "labels": labels, "table": table.astype(np.float16), "classes": np.array(classes),
        "worst": worst, "images": np.asarray(images[worst]),
    }  # fmt: skip

    def save(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **arrays)

    write_whole(folder / FILE, save)


def read(folder: Path) -> HeldOut | None:
    """The predictions that a run kept; None if it held out nothing, comes from an older version, or is damaged."""
    try:
        with np.load(folder / FILE, allow_pickle=False) as file:
            parts = {name: file[name] for name in HeldOut._fields}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    found = HeldOut(**{**parts, "classes": tuple(map(str, parts["classes"]))})
    return found if _fits(found) else None


def _fits(found: HeldOut) -> bool:
    """Whether the parts fit together; a run folder can come from anybody."""
    count, classes = len(found.labels), len(found.classes)
    shapes = found.rows.shape == found.labels.shape == (count,) and found.table.shape == (count, classes)
    if not shapes or found.labels.dtype.kind != "i" or found.images.shape[:1] != found.worst.shape:
        return False
    inside = [(found.labels, classes), (found.worst, count)]
    return all(not len(part) or (part.min() >= 0 and part.max() < end) for part, end in inside)
