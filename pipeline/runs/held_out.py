"""A run's predictions for its held-out images, kept for reports: labels, probabilities and the worst mistakes."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.core.files import write_whole

FILE = "held_out.npz"
# Parts of the confidence, for calibration.
BINS = 10
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


def per_class(judged: HeldOut) -> np.ndarray:
    """The accuracy on each class, float64, one number per class; NaN for a class without images."""
    right = judged.table.argmax(1) == judged.labels
    counts = np.bincount(judged.labels, minlength=len(judged.classes))
    hits = np.bincount(judged.labels, weights=right, minlength=len(judged.classes))
    return np.divide(hits, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def confusion(judged: HeldOut) -> np.ndarray:
    """Counts of images by true class (row) and predicted class (column), int64, classes x classes."""
    counts = np.zeros((len(judged.classes),) * 2, dtype=np.int64)
    np.add.at(counts, (judged.labels, judged.table.argmax(1)), 1)
    return counts


def calibration(judged: HeldOut) -> tuple[list[tuple[float, float, int]], float]:
    """(mean confidence, accuracy, images) for each tenth of the confidence, and the expected calibration error.

    Guo et al. 2017, arXiv 1706.04599: the mean over images of |accuracy - confidence| in their tenth.
    """
    confidence = judged.table.max(1).astype(np.float64)
    right = judged.table.argmax(1) == judged.labels
    tenth = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [
        (float(confidence[tenth == k].mean()), float(right[tenth == k].mean()), int((tenth == k).sum()))
        for k in range(BINS)
        if (tenth == k).any()
    ]
    return bins, sum(count * abs(hit - sure) for sure, hit, count in bins) / len(right)
