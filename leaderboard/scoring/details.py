"""Details of one entry: its confusion matrix, and the quality of its probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leaderboard.scoring.score import Score
from leaderboard.scoring.solution import Solution


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """The confusion matrix (classes x classes, int64): rows are true classes, columns predicted classes."""
    pairs = truth.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True)
class Calibration:
    """Mean negative log-likelihood (nats, probabilities clipped at 1e-15), Brier score (sum over classes), ECE."""

    nll: float
    brier: float
    ece: float


def calibration(truth: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> Calibration:
    """The calibration of probabilities (rows x classes, float) for true class codes (rows, int).

    ECE is the expected calibration error over equal-width bins of the top probability (Guo et al. 2017, eq. 3).
    """
    rows = np.arange(len(truth))
    nll = float(-np.log(np.clip(probabilities[rows, truth], 1e-15, 1)).mean())
    target = np.zeros_like(probabilities)
    target[rows, truth] = 1
    brier = float(((probabilities - target) ** 2).sum(axis=1).mean())
    confidence = probabilities.max(axis=1)
    hit = probabilities.argmax(axis=1) == truth
    bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(bin_of, hit, bins) - np.bincount(bin_of, confidence, bins)
    return Calibration(nll, brier, float(np.abs(gaps).sum() / len(truth)))


def class_rows(solution: Solution, codes: np.ndarray) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Column names, and a row per class: its accuracy (None if it has no rows) and its row of the confusion matrix."""
    scored = solution.scored
    counts = confusion(solution.truth[scored], codes[scored], len(solution.classes))
    rows, true, share_column = [], _unused_name(solution.classes, "true"), _unused_name(solution.classes, "accuracy")
    for name, row, right in zip(solution.classes, counts, np.diag(counts), strict=True):
        share = Score(int(right), int(row.sum())).value if row.sum() else None
        rows.append({true: name, share_column: share, **dict(zip(solution.classes, map(int, row), strict=True))})
    return (true, share_column, *solution.classes), rows


def _unused_name(classes: tuple[str, ...], name: str) -> str:
    """The name, with underscores appended until it is not a class name."""
    while name in classes:
        name += "_"
    return name
