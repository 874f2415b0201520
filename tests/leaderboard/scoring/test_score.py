"""Scores and their intervals against scipy."""

from __future__ import annotations

import pytest
from scipy import stats

from leaderboard.scoring.score import Score, distinguishing_decimals, wilson


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (10, 10), (1, 3), (911, 1000), (2746, 3000), (299_999, 300_000)])
def test_wilson_is_scipys(hits: int, rows: int) -> None:
    interval = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert wilson(hits, rows) == pytest.approx((interval.low, interval.high), abs=1e-12)


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([], 2), ([0.5, 0.5], 2), ([93.333, 93.33], 3), ([93.333333, 93.333331], 6), ([0.1, 0.1 + 1e-15], 8)],
)
def test_decimals_that_show_different_values_apart(values: list[float], decimals: int) -> None:
    assert distinguishing_decimals(values, least=2) == decimals


def test_a_score_says_its_counts_and_interval() -> None:
    assert str(Score(9114, 10_000)) == "0.9114 (9,114 of 10,000; 95 % interval 0.9057 to 0.9168)"


@pytest.mark.parametrize("rows", [16, 21, 40, 42])
def test_an_interval_stays_between_0_and_1_despite_rounding(rows: int) -> None:
    """Without the limits, rounding gives a little less than 0 for 21 and 42 rows, and more than 1 for 16 and 40."""
    assert wilson(0, rows)[0] >= 0
    assert wilson(rows, rows)[1] <= 1


def test_scores_compare_by_hits() -> None:
    assert max(Score(5, 10), Score(9, 10), Score(7, 10)) == Score(9, 10)
    assert sorted([Score(9, 10), Score(5, 10)]) == [Score(5, 10), Score(9, 10)]
