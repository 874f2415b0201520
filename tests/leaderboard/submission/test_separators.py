"""Lines split all at once, as each alone; a quote of one line reaches into no other."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission.separators import Splitter, split, split_all

LINES = st.lists(st.text(st.sampled_from('ab,"; '), min_size=1, max_size=9), min_size=1, max_size=4)


@settings(deadline=None)
@given(LINES, st.sampled_from(",;"))
def test_lines_split_together_are_split_as_one_by_one(lines: list[str], separator: str) -> None:
    columns = split_all(lines, separator, 2)
    if columns is not None:
        assert [list(row) for row in zip(*columns, strict=True)] == [split(line, separator) for line in lines]


@settings(deadline=None)
@given(LINES, st.sampled_from(",; "))
def test_lines_split_in_turn_are_split_as_one_by_one(lines: list[str], separator: str) -> None:
    splitter = Splitter(separator)
    assert list(map(splitter.split, lines)) == [split(line, separator) for line in lines]


def test_quoted_lines_are_split_at_once() -> None:
    assert split_all(['"1","a,b"', "2,c", '3,"d"'], ",", 2) == [["1", "2", "3"], ["a,b", "c", "d"]]
    assert split_all(['"1,a"', '"2,b"'], ",", 2) == [["1", "2"], ["a", "b"]]


def test_other_lines_are_left_to_the_slower_way() -> None:
    for line in ('"1","a""b"', '1,"a', '1,a"b"', "1", "1,2,3", '"1"x,a'):
        assert split_all(['2,"b"', line, '3,"c"'], ",", 2) is None
