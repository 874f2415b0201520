"""The split: stratified, of exact size, and determined by the seed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from leaderboard.scoring.solution import IGNORED, PRIVATE, PUBLIC
from leaderboard.scoring.split import stratified_usage

TRUTH = np.repeat([0, 1, 2, -1], [500, 301, 7, 100])


@pytest.mark.parametrize("public", [0.1, 0.3, 0.5, 0.333])
def test_each_class_gets_its_share_and_the_whole_is_exact(public: float) -> None:
    usage = stratified_usage(TRUTH, public, seed=1)
    assert (usage == PUBLIC).sum() == round(808 * public)
    for code, count in ((0, 500), (1, 301), (2, 7)):
        assert abs((usage[code == TRUTH] == PUBLIC).sum() - public * count) < 1
    assert (usage[TRUTH < 0] == IGNORED).all()
    assert set(usage[TRUTH >= 0]) == {PUBLIC, PRIVATE}


def test_a_seed_repeats_it_and_another_does_not() -> None:
    first, same, other = (stratified_usage(TRUTH, 0.3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


@pytest.mark.parametrize("counts", [[3, 3, 4], [7, 11, 2, 5], [10, 10, 10, 9, 1]])
@pytest.mark.parametrize("public", [0.25, 0.3, 0.7])
def test_spare_rows_go_to_the_largest_remainders(counts: list[int], public: float) -> None:
    """Hamilton's method in whole numbers; if remainders are equal, the earlier class gets the row."""
    share = Fraction(str(public))
    whole = [int(count * share) for count in counts]
    remainders = [count * share - part for count, part in zip(counts, whole, strict=True)]
    spare = round(float(share) * sum(counts)) - sum(whole)
    for code in sorted(range(len(counts)), key=lambda code: (-remainders[code], code))[:spare]:
        whole[code] += 1
    truth = np.repeat(np.arange(len(counts)), counts)
    usage = stratified_usage(truth, public, seed=3)
    assert [int((usage[truth == code] == PUBLIC).sum()) for code in range(len(counts))] == whole
