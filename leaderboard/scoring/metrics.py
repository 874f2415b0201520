"""The registry of metrics, the contract of a metric, and the check of that contract.

A metric takes two int16 arrays of class codes, the true and the predicted ones, one per row, and returns a bool array
of shape (rows,): True for a hit. To add a metric for everyone, write a function here and add it to METRICS.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, Protocol

import numpy as np

from leaderboard.core.errors import LeaderboardError

CONTRACT = "a metric returns one bool per row, in a NumPy array of shape (rows,)"
# The check tries all pairs of these many classes; a wrong metric is wrong there already.
_CLASSES_TRIED = 100


class Metric(Protocol):
    """A metric decides for each row whether it is a hit; every score is a number of hits."""

    def __call__(self, truth: np.ndarray, predicted: np.ndarray, /) -> np.ndarray:
        """Hits (bool, one per row) from true and predicted class codes (int16, one per row; true -1 is ignored)."""
        ...


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """A row is a hit if the predicted class is the true class."""
    return truth == predicted


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def find_metric(name: str) -> Metric:
    """A metric by its name in METRICS, or by "module:function" for your own. Raises LeaderboardError.

    The module may be in the current folder, both for the console script and for `python -m leaderboard`.
    """
    if name in METRICS:
        return METRICS[name]
    module, _, function = name.partition(":")
    _look_in_current_folder()
    try:
        found = getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError, ValueError, TypeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name != module.partition(".")[0]:
            raise _metric_error(name, f"its module cannot be imported: {_one_line(error)}") from None
        known = ", ".join(METRICS)
        raise LeaderboardError(f"metric {name!r} is not known: use {known}, or your own as module:function") from None
    except (Exception, SystemExit) as error:
        raise _metric_error(name, f"its module cannot be imported: {_one_line(error)}") from None
    if not callable(found):
        raise _metric_error(name, f"it is {type(found).__name__}, not a function")
    return found


def _look_in_current_folder() -> None:
    """Put the current folder on the import path, where `python -m` has it but the console script does not."""
    if not sys.flags.safe_path and not {"", os.getcwd()} & set(sys.path):  # noqa: PTH109 - as a string, as on the path
        sys.path.insert(0, os.getcwd())  # noqa: PTH109


def score_rows(name: str, truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Hits (bool, one per row) by the metric with this name. Raises LeaderboardError if it breaks the contract."""
    metric = find_metric(name)
    if name not in METRICS:
        _probe(name, metric, classes)
    return _hits(name, metric, truth, predicted)


def probe(name: str, classes: int) -> None:
    """Try the metric on every pair of a true and a predicted class. Raises LeaderboardError if it breaks the contract.

    If it counts a wrong class as a hit, it must count the right class as one too, and its result must depend on the
    prediction. This refuses an error rate, which would rank the worst team first.
    """
    _probe(name, find_metric(name), classes)


def _probe(name: str, metric: Metric, classes: int) -> None:
    count = min(classes, _CLASSES_TRIED)
    truth, predicted = np.divmod(np.arange(count * count, dtype=np.int16), np.int16(count))
    table = _hits(name, metric, truth, predicted).reshape(count, count)
    if (table.any(axis=1) & ~np.diag(table)).any():
        raise _metric_error(
            name, "a wrong class is a hit where the right class is not: return True for right predictions"
        )
    if table.all() or not table.any():
        raise _metric_error(name, f"it returns {bool(table.all())} for every prediction: {CONTRACT}")
    if not np.array_equal(table.ravel(), _hits(name, metric, truth, predicted)):
        raise _metric_error(name, "it returns different results for the same rows: it must not be random")


def _hits(name: str, metric: Metric, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    try:
        hits: Any = metric(_read_only(truth), _read_only(predicted))
    except Exception as error:
        raise _metric_error(name, f"it raised {_one_line(error)}") from None
    if not isinstance(hits, np.ndarray):
        raise _metric_error(name, f"it returned {type(hits).__name__}, not an array: {CONTRACT}")
    if hits.dtype != bool:
        raise _metric_error(name, f"it returned {hits.dtype}, not bool: {CONTRACT}")
    if hits.shape != truth.shape:
        raise _metric_error(name, f"it returned shape {hits.shape} for {len(truth):,} rows: {CONTRACT}")
    return hits


def _read_only(codes: np.ndarray) -> np.ndarray:
    """A read-only view: a metric that writes into its arguments would change the solution for later entries."""
    view = codes.view()
    view.flags.writeable = False
    return view


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _metric_error(name: str, reason: str) -> LeaderboardError:
    return LeaderboardError(f"metric {name!r}: {reason}")
