"""Scores against scipy and hand-computed values."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
from scipy import stats

from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring.details import calibration, confusion
from leaderboard.scoring.metrics import find_metric
from leaderboard.scoring.score import Score, wilson


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (10, 10), (1, 3), (911, 1000), (2746, 3000), (299_999, 300_000)])
def test_wilson_is_scipys(hits: int, rows: int) -> None:
    interval = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert wilson(hits, rows) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_a_score_says_its_counts_and_interval() -> None:
    assert str(Score(9114, 10_000)) == "0.9114 (9,114 of 10,000; 95 % interval 0.9057 to 0.9168)"


def test_confusion_has_the_true_class_down() -> None:
    counts = confusion(np.array([0, 0, 1, 2], np.int16), np.array([0, 1, 1, 0], np.int16), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_calibration_by_hand() -> None:
    truth = np.array([0, 1])
    result = calibration(truth, np.array([[0.8, 0.2], [0.6, 0.4]]))
    assert result.nll == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)
    assert result.brier == pytest.approx((2 * 0.2**2 + 2 * 0.6**2) / 2)
    # Two bins of one row each: |1 - 0.8| and |0 - 0.6|.
    assert result.ece == pytest.approx((0.2 + 0.6) / 2)


def test_calibrated_predictions_have_little_error_and_overconfident_ones_much() -> None:
    generator = np.random.default_rng(0)
    values = generator.dirichlet(np.ones(10), 20_000)
    truth = (values.cumsum(axis=1) > generator.random((20_000, 1))).argmax(axis=1)
    assert calibration(truth, values).ece < 0.015
    sharp = values**4 / (values**4).sum(axis=1, keepdims=True)
    assert calibration(truth, sharp).ece > 0.2


def test_a_metric_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("course_metrics")
    module.near = lambda truth, predicted: abs(truth - predicted) <= 1
    monkeypatch.setitem(sys.modules, "course_metrics", module)
    hits = find_metric("course_metrics:near")(np.array([0, 5]), np.array([1, 1]))
    assert hits.tolist() == [True, False]


@pytest.mark.parametrize("name", ["acuracy", "course:missing", "os:nothing", ":", "a:b:c"])
def test_an_unknown_metric_is_named(name: str) -> None:
    with pytest.raises(LeaderboardError, match="not known: use accuracy"):
        find_metric(name)
