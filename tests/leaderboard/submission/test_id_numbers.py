"""Numbers of many ids at once: those of their keys, found one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission.forms import form_key, visible_values
from leaderboard.submission.id_numbers import NO_NUMBER, form_numbers, numbers_of

LETTERS = "0123456789" * 2 + ".eE+-/\\ '\"[]()_#pngimsxſK\u200b\u00a0,٣é"
WRITTEN = st.text(st.sampled_from(LETTERS), max_size=9)
PARTS = ["", "a/", "a\\", "'", '"', "[", "test/", "img_", "teſt", "id ", "x", "-", "+", "0", " ", "\u200b", "٣", "é/"]
ENDS = ["", ".0", ".", "e0", "e3", ".png", ".JPG", ".png.png", "'", "]", " ", "%", "/", "x", ".5", "-7", "٣", "/7 '"]


def at_once(values: list[str]) -> list[tuple[int, bool]]:
    numbers, are_foreign = form_numbers(values, visible_values(values))
    return list(zip(numbers.tolist(), are_foreign.tolist(), strict=True))


def one_by_one(values: list[str]) -> list[tuple[int, bool]]:
    """Each number, and whether its digits are of another script."""
    keys = [form_key(value) for value in values]
    found = zip(keys, numbers_of(keys).tolist(), strict=True)
    return [(number, number != NO_NUMBER and not key.isascii()) for key, number in found]


@settings(deadline=None)
@given(st.lists(WRITTEN, max_size=5))
def test_numbers_at_once_are_those_one_by_one(values: list[str]) -> None:
    assert at_once(values) == one_by_one(values)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(PARTS), st.sampled_from(ENDS)), min_size=1, max_size=4),
    st.lists(st.integers(0, 10**17), min_size=1, max_size=4),
)
def test_numbers_in_the_forms_of_ids_are_those_one_by_one(
    forms: list[tuple[str, str, str]], numbers: list[int]
) -> None:
    values = [f"{a}{b}{number}{end}" for a, b, end in forms for number in (*numbers, 0, 7, 12)]
    values += ["0" * 100 + "5", " " * 90 + "5", "\u200b" * 90 + "5.0"]
    assert at_once(values) == one_by_one(values)


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(-(10**17), 10**17).map(str), st.floats(allow_nan=False).map(repr)), min_size=1))
def test_numbers_of_numbers_at_once_are_those_one_by_one(values: list[str]) -> None:
    assert at_once(values) == one_by_one(values)


@pytest.mark.parametrize(
    "value", ["7", "007", "7.0", "7.", "7e0", "+7", "7.png", "a/b/7.PNG", "'7'", "\u200b7 ", "img_07"]
)
def test_all_ways_to_write_a_number_give_it(value: str) -> None:
    assert at_once([value] * 3) == [(7, False)] * 3


def test_more_forms_than_are_read_together() -> None:
    values = [f"{'#' * places}{place}" for places in range(50) for place in range(3)] + ["0x1f", "a7", "1,000"]
    assert at_once(values) == one_by_one(values)
    assert at_once(values)[-3:] == [(NO_NUMBER, False)] * 3


def test_the_largest_number_has_fifteen_digits() -> None:
    values = ["9" * 15, "9" * 16, "-7", "-" + "9" * 14, "-" + "9" * 15, "x", "0" * 20 + "7", "img_" + "9" * 16]
    found = [10**15 - 1, NO_NUMBER, -7, 1 - 10**14, NO_NUMBER, NO_NUMBER, 7, NO_NUMBER]
    assert form_numbers(values, values)[0].tolist() == found
    assert form_numbers([], [])[0].dtype == np.int64
