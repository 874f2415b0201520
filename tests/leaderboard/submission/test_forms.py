"""Keys of ids: one for all ways to write an id, and the same for many ids at once as for each alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission.forms import form_key, form_keys, visible, visible_values

WRITTEN = st.text(st.sampled_from("0123456789" * 2 + ".eE+-/\\ '\"[]()png\u200b\u00a0,x#\n٣é"), max_size=9)


@pytest.mark.parametrize(
    "value", ["7", "007", "7.0", "7.", "7e0", "+7", "7.000000e+00", "7.png", "a/b/7.PNG", "'7'", "\u200b7 ", "img_0007"]
)
def test_all_ways_to_write_an_id_have_one_key(value: str) -> None:
    assert form_key(value) == "7"
    assert form_keys([value] * 3, [visible(value)] * 3) == ["7"] * 3


@settings(deadline=None)
@given(st.lists(WRITTEN, min_size=1, max_size=4))
def test_many_keys_at_once_are_those_one_by_one(values: list[str]) -> None:
    assert form_keys(values, visible_values(values)) == [form_key(value) for value in values]


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(-(10**17), 10**17).map(str), st.floats(allow_nan=False).map(repr)), min_size=1))
def test_keys_of_numbers_at_once_are_those_one_by_one(values: list[str]) -> None:
    assert form_keys(values, visible_values(values)) == [form_key(value) for value in values]


@settings(deadline=None)
@given(WRITTEN, WRITTEN, st.lists(st.integers(0, 10**18), min_size=1, max_size=3), st.sampled_from(["", "0", "7-"]))
def test_keys_of_one_form_at_once_are_those_one_by_one(before: str, after: str, numbers: list[int], more: str) -> None:
    values = [f"{before}{more}{number}{after}" for number in (*numbers, 0, 7, 12)] * 60
    assert form_keys(values, visible_values(values)) == [form_key(value) for value in values]


@settings(deadline=None)
@given(st.text(max_size=8))
def test_what_shows_is_what_is_printable(value: str) -> None:
    assert visible(value) == "".join(c for c in value if c.isprintable()).strip()
    assert visible_values([value, "x"]) == [visible(value), "x"]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        # A number is converted up to 80 characters.
        ("img_" + "7".zfill(76), "7"),
        ("img_" + "7".zfill(77), "img_" + "7".zfill(77)),
        # A float is exact below 2^53; a number that it may have changed is its own key.
        ("+9007199254740991", "9007199254740991"),
        ("+9007199254740992", "+9007199254740992"),
        ("9007199254740993", "9007199254740993"),
        ("9.007199254740991e15", "9007199254740991"),
        ("9.007199254740992e15", "9.007199254740992e15"),
        ("1e15", "1000000000000000"),
        ("1e16", "1e16"),
        ("+1234567890123456", "1234567890123456"),
        ("+9999999999999999", "+9999999999999999"),
    ],
)
def test_the_limits_of_a_number(value: str, key: str) -> None:
    assert form_key(value) == key
    assert form_keys([value] * 60, [value] * 60) == [key] * 60
