"""Ids with separators between thousands, judged all at once and, in the words of the rule, one after another."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission import Expected
from leaderboard.submission.expected import UNKNOWN
from leaderboard.submission.thousands import join_thousands
from leaderboard.table import words

NAMES = ["1", "2", "3", "1000", "2000", "1234", "12345", "1001", "0001"]
EXPECTED = Expected(words.encode(NAMES), ("cat", "dog"))
TEXTS = ["1.000", "1,000", "2.000", "1,234", "12'345", "1 001", "0,001", "9.000", "1.0000", "1,00", "1,000é", "x,000"]


def one_by_one(shown: list[str], places: list[int], lines: list[int]) -> list[int]:
    taken, found = [line > 0 for line in lines], []
    for text, place in zip(shown, places, strict=True):
        is_free = place != UNKNOWN and not taken[place]
        if not is_free and re.fullmatch(r"[0-9]{1,3}([.,' ][0-9]{3})+", text):
            place = EXPECTED.id_positions.get(re.sub(r"[.,' ]", "", text), place)
        found.append(place)
        if place != UNKNOWN:
            taken[place] = True
    return found


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*TEXTS, *NAMES, "", "x"]), max_size=8),
    st.lists(st.sampled_from([0, 0, 5]), min_size=len(NAMES), max_size=len(NAMES)),
)
def test_thousands_at_once_are_those_one_after_another(shown: list[str], lines: list[int]) -> None:
    keys = {"1.000": 0, "2.000": 1, "0,001": UNKNOWN, "9.000": UNKNOWN, **{name: at for at, name in enumerate(NAMES)}}
    places = [keys.get(text, UNKNOWN) for text in shown]
    found = join_thousands(shown, np.array(places, np.int64), np.array(lines), EXPECTED)
    assert found.tolist() == one_by_one(shown, places, lines)
