"""Lines split all at once, as each alone; a quote of one line reaches into no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission.separators import Splitter, fields_of_broken, find_separator, split, split_all

LINES = st.lists(st.text(st.sampled_from('ab,"; '), min_size=1, max_size=9), min_size=1, max_size=4)


@settings(deadline=None)
@given(LINES, st.sampled_from(",; "))
def test_lines_split_together_are_split_as_one_by_one(lines: list[str], separator: str) -> None:
    found = split_all(lines, separator)
    for row, line in enumerate(lines):
        if not found.unclear[row]:
            only = np.arange(len(lines)) == row
            fields = None if found.broken[row] else found.texts(only, 0, int(found.counts[row]))
            assert fields == (split(line, separator) or ([""] if separator == " " else None))


@settings(deadline=None)
@given(LINES, st.sampled_from(",; "))
def test_lines_split_in_turn_are_split_as_one_by_one(lines: list[str], separator: str) -> None:
    splitter = Splitter(separator)
    assert list(map(splitter.split, lines)) == [split(line, separator) for line in lines]


def test_few_lines_are_left_to_the_slower_way() -> None:
    clear = ['"1","a,b"', "2,c", '3,"d"', '"4,a"', '"5","a""b"', '6,"a', '7,a"b"', "8", "9,1,2", '"1"x,a', "", '"1""2']
    assert not split_all(clear, ",").unclear.any()
    assert split_all(['1"2,"a"', "1,b"], ",").unclear.tolist() == [True, False]
    assert split_all(['1 "a""b"', "1 b"], " ").unclear.tolist() == [True, False]


def test_the_fields_of_a_broken_line_are_those_of_its_first_thousand_characters() -> None:
    assert fields_of_broken('"1, a"x,' + "b" * 999, ",") == ["1", 'a"x', "b" * 992]
    assert fields_of_broken("a" * 999 + ",b", ",") == ["a" * 999, ""]


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        (["1;a", "2;b"], ";"),
        (["1;a,b", "2;c"], ";"),
        (["1;a", "2,b"], ","),
        (['"1;2",a', "3,b"], ","),
        (["1\ta", "2\tb"], "\t"),
        (["1|a", "2|b"], "|"),
        (["1|a", "2 b"], ","),
        (["1:a", "2:b"], ":"),
        (["1:a", "2 b"], ","),
        (["1 a", "2  b"], " "),
        (["1 a", "2"], ","),
        ([], ","),
    ],
)
def test_another_separator_than_a_comma_is_in_all_lines(lines: list[str], separator: str) -> None:
    assert find_separator(lines) == separator
