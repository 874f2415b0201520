"""Ids that start elsewhere or are multiplied: the transform is found despite a wrong id."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboard.submission import Expected
from leaderboard.submission.id_numbers import NO_NUMBER, numbers_of
from leaderboard.submission.systematic_errors import IdTransform, find_id_transform, order_notes
from leaderboard.table import words

SHIFTED = [*range(6, 106)]


def transform_of(found: list[int], first: int = 1) -> IdTransform | None:
    """The transform of a file with these ids, where the sample has a hundred ids from `first` on."""
    asked = {number: place for place, number in enumerate(range(first, first + 100))}
    expected = Expected(words.encode([str(number) for number in asked]), ("cat", "dog"))
    unknown = numbers_of([str(number) for number in found if number not in asked])
    return find_id_transform(unknown, np.array([asked.get(number, -1) for number in found]), expected)


@pytest.mark.parametrize(
    ("found", "factor", "shift", "advice"),
    [
        (SHIFTED, 1, 5, "subtract 5 from every id"),
        ([3, *SHIFTED], 1, 5, "subtract 5 from every id"),
        ([*SHIFTED, 500], 1, 5, "subtract 5 from every id"),
        ([*range(100)], 1, -1, "add 1 to every id"),
        ([10 * number for number in range(1, 101)], 10, 0, "divide every id by 10"),
        ([10 * number + 3 for number in range(1, 101)], 10, 3, "subtract 3, then divide every id by 10"),
    ],
)
def test_the_transform_of_a_whole_file_despite_a_wrong_id(found, factor, shift, advice):
    transform = transform_of(found)
    assert (transform.factor, transform.shift) == (factor, shift)
    assert transform.advice.endswith(advice)
    meant = transform.undo(factor * np.array([7, 8]) + shift + np.array([0, 1]))
    assert meant.tolist() == [7, 9 if factor == 1 else NO_NUMBER]


def test_numbers_have_at_most_fifteen_digits():
    assert numbers_of(["9" * 15, "9" * 16, "-7", "x"]).tolist() == [10**15 - 1, NO_NUMBER, -7, NO_NUMBER]


@pytest.mark.parametrize(("explained", "is_found"), [(90, True), (89, False)])
def test_nine_ids_in_ten_are_enough(explained, is_found):
    unrelated = range(5000, 5100 - explained)
    assert (transform_of([*range(6, 6 + explained), *unrelated], first=1001) is not None) == is_found


@pytest.mark.parametrize("found", [[*range(100, 0, -1)], [-1, *SHIFTED], [7]])
def test_another_order_a_negative_id_or_a_single_one_is_not_a_transform(found):
    assert transform_of(found) is None


@pytest.mark.parametrize(("count", "is_found"), [(45, True), (44, False)])
def test_a_transform_explains_at_least_nine_tenths_of_half_of_the_samples_ids(count, is_found):
    assert (transform_of([*range(5000, 5000 + count)], first=1001) is not None) == is_found


@pytest.mark.parametrize(("right", "is_found"), [(50, True), (51, False)])
def test_there_is_no_transform_where_more_than_half_of_the_ids_are_in_their_rows(right, is_found):
    assert (transform_of([101, *range(2, 2 + right), *[101] * (99 - right)]) is not None) == is_found


def notes(codes: list[int], order: list[int] | None = None) -> str:
    expected = Expected(words.encode([str(number) for number in range(1, len(codes) + 1)]), ("cat", "dog"))
    return " ".join(order_notes(expected, np.array(codes, np.int16), None if order is None else np.array(order)))


@pytest.mark.parametrize(("rows", "is_said"), [(20, True), (19, False)])
def test_sorted_labels_are_said_from_twenty_rows_on(rows, is_said):
    assert ("sorted by class" in notes([0] * 10 + [1] * (rows - 10))) == is_said


def test_two_rows_are_moved_and_three_are_reversed():
    assert "1 off the sample's order" in notes([0, 1], [1, 0])
    assert "in the reverse order" in notes([0, 1, 0], [2, 1, 0])
