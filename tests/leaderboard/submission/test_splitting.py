"""Fields cut out of many lines at once, and blank fields at their end."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission.separators import split
from leaderboard.submission.splitting import split_lines

LINES = st.lists(st.text(st.sampled_from('ab,, \t"\u00a0é'), max_size=9), min_size=1, max_size=5)


@settings(deadline=None)
@given(LINES, st.integers(0, 2), st.integers(1, 2), st.data())
def test_some_fields_of_some_lines_are_those_of_each(lines: list[str], first: int, more: int, data: st.DataObject):
    found = split_lines(lines, ",")
    asked = np.array(data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines))))
    asked &= found.has_fields & (found.counts >= first + more)
    each = [found.texts(np.arange(len(lines)) == row, first, first + more) for row in np.flatnonzero(asked)]
    assert found.texts(asked, first, first + more) == [text for texts in each for text in texts]


@settings(deadline=None)
@given(LINES, st.integers(1, 3))
def test_blank_fields_at_the_end_are_those_without_text(lines: list[str], first: int) -> None:
    found = split_lines(lines, ",")
    is_blank = found.are_blank(np.ones(len(lines), bool), first)
    for row in np.flatnonzero(found.has_fields).tolist():
        fields = found.texts(np.arange(len(lines)) == row, 0, int(found.counts[row]))
        assert is_blank[row] == (len(fields) > first and not any(field.strip() for field in fields[first:]))


def test_quotes_of_one_line_do_not_reach_the_next() -> None:
    lines = ['"a,b",1', '"a', '"b",2', 'c"d,3', '"e""f","g"']
    found = split_lines(lines, ",")
    assert found.broken.tolist() == [False, True, False, False, False]
    assert not found.unclear.any()
    assert found.texts(found.has_fields, 0, 2) == ["a,b", "1", "b", "2", 'c"d', "3", 'e"f', "g"]
    assert [found.texts(np.arange(5) == row, 0, 2) for row in (0, 4)] == [split(lines[row], ",") for row in (0, 4)]
