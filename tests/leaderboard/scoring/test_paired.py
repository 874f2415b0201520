"""Paired comparisons against scipy, and the boosting attack that the Ladder rule must weaken."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from leaderboard.scoring import paired

ROWS = 3000


@pytest.mark.parametrize(
    ("a", "b"), [(0, 0), (0, 1), (3, 9), (9, 3), (50, 50), (400, 500), (20_000, 21_000), (0, 5000)]
)
def test_mcnemar_is_the_exact_binomial_test(a: int, b: int) -> None:
    expected = stats.binomtest(a, a + b).pvalue if a + b else 1.0
    assert paired.mcnemar(a, b) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_is_not_above_one_through_rounding() -> None:
    assert all(0.999999 < paired.mcnemar(count, count + 1) <= 1 for count in range(300))


def test_discordant_rows_are_counted() -> None:
    x, y = np.random.default_rng(0).random((2, 1001)) < 0.7
    assert paired.discordant(paired.pack(x), paired.pack(y)) == ((x & ~y).sum(), (y & ~x).sum())
    np.testing.assert_array_equal(paired.unpack(paired.pack(x), 1001), x)


@pytest.mark.parametrize("seed", range(20))
def test_ladder_asks_for_the_paired_standard_error(seed: int) -> None:
    generator = np.random.default_rng(seed)
    best, new = generator.random(500) < 0.8, generator.random(500) < 0.83
    difference = new.astype(float) - best
    beats = difference.mean() > stats.sem(difference)
    assert paired.beats(paired.pack(new), paired.pack(best), 500) == beats


def boosted_gain(ladder: bool, seed: int) -> float:
    """Public accuracy above chance of the vote of all random files that the board called better than chance.

    The attack of Blum and Hardt: 300 random files on 3,000 rows of ten classes, then the weighted majority.
    """
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 10, ROWS)
    files = generator.integers(0, 10, (300, ROWS))
    votes, best, shown = np.zeros((ROWS, 10)), None, 0.0
    for file in files:
        hits = file == truth
        packed = paired.pack(hits)
        counts = best is None or not ladder or paired.beats(packed, best, ROWS)
        if counts:
            best, shown = packed, hits.mean()
        # Without the rule each file's own score is told; with it, only whether it moved the team's best.
        if counts and shown > 0.1:
            votes[np.arange(ROWS), file] += 1
    return float((votes.argmax(axis=1) == truth).mean() - 0.1) if votes.any() else 0.0


def test_ladder_blunts_the_boosting_attack() -> None:
    without, with_rule = (np.mean([boosted_gain(ladder, seed) for seed in range(10)]) for ladder in (False, True))
    assert with_rule <= 0.01
    assert without > 0.03


def pair(gained: int, lost: int, rows: int) -> tuple[bytes, bytes]:
    new, best = np.zeros(rows, bool), np.zeros(rows, bool)
    new[:gained] = best[gained : gained + lost] = True
    return paired.pack(new), paired.pack(best)


@pytest.mark.parametrize("rows", [2, 5, 50, 3000])
def test_ladder_at_every_border_is_scipys_standard_error(rows: int) -> None:
    """Each count around the border; n - 1 and n differ there for few rows."""
    for gained in range(min(rows, 12) + 1):
        for lost in range(min(rows - gained, 6) + 1):
            difference = np.repeat([1.0, -1.0, 0.0], [gained, lost, rows - gained - lost])
            mean, error = difference.mean(), stats.sem(difference)
            if not np.isclose(mean, error, rtol=1e-9, atol=0) or mean == error == 0:
                assert paired.beats(*pair(gained, lost, rows), rows) == (mean > error), (gained, lost)


def test_ladder_needs_more_than_the_standard_error() -> None:
    """One gained row of two: mean 1/2, s^2 = 1/2, standard error 1/2: equal, so it does not count."""
    assert not paired.beats(*pair(1, 0, 2), 2)
    assert not paired.beats(*pair(0, 0, 10), 10)
    assert paired.beats(*pair(1, 0, 1), 1)
    # Two of five: mean 0.4 > 0.2449; with n for n - 1 and one of three: 1/3 against 0.3333 or 0.2722.
    assert paired.beats(*pair(2, 0, 5), 5)
    assert not paired.beats(*pair(1, 0, 3), 3)
