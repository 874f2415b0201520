"""Paired comparisons against scipy, and the boosting attack that the Ladder rule must blunt."""

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
