"""Metrics by name, and a metric of one's own."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring.metrics import find_metric


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
