"""The registry of metrics: a new metric is a function here, and a line in METRICS."""

from __future__ import annotations

import importlib
from typing import Protocol

import numpy as np

from leaderboard.core.errors import LeaderboardError


class Metric(Protocol):
    """A metric says of each row whether it is a hit; every score is a count of hits."""

    def __call__(self, truth: np.ndarray, predicted: np.ndarray, /) -> np.ndarray:
        """From true and predicted class codes (int16, one per row; true -1 is ignored) to hits (bool, one per row)."""
        ...


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
