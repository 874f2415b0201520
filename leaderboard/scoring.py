"""Score predictions against the solution: integer counts first, everything else follows from them."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leaderboard.errors import LeaderboardError

# From true and predicted class codes (int16, one a row) to whether each row is a hit (bool).
Metric = Callable[[np.ndarray, np.ndarray], np.ndarray]
NORMAL_95 = 1.959963984540054


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """A row is a hit when the class is right."""
    return truth == predicted


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def find_metric(name: str) -> Metric:
    """A metric by name, or by "module:function" for a competition's own. Raises LeaderboardError."""
    if name in METRICS:
        return METRICS[name]
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError, TypeError):
        known = ", ".join(METRICS)
        raise LeaderboardError(f"metric {name!r} is not known: use {known}, or module:function of your own") from None


@dataclass(frozen=True, order=True)
class Score:
    """Hits among rows. Ordered by hits: all scores of one competition have the same number of rows."""

    hits: int
    rows: int

    @property
    def value(self) -> float:
        return self.hits / self.rows

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.rows)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.4f} ({self.hits:,} of {self.rows:,}; 95 % interval {low:.4f} to {high:.4f})"


def wilson(hits: int, rows: int, z: float = NORMAL_95) -> tuple[float, float]:
    """Score interval of a binomial proportion (Wilson 1927, JASA 22:209), 95 % by default."""
    share, spread = hits / rows, z * z / rows
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / rows + spread / (4 * rows)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes x classes, int64): true class down, predicted class across."""
    pairs = truth.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True)
class Calibration:
    """Negative log-likelihood (nats, probabilities clipped at 1e-15), Brier score (sum over classes), ECE."""

    nll: float
    brier: float
    ece: float


def calibration(truth: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> Calibration:
    """Quality of rows x classes probabilities.

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
