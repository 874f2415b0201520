"""Rows read many at once: the same fields, problems and notes as line by line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission import Report, fields
from leaderboard.submission.header import Layout

WORDS = ["1", "2", "a b", '"a"', '"a,b"', '"', '""', '"a""b"', "", " ", "\u00a0", "é", 'x"y', "x" * 300, "x" * 600]
LINE = st.lists(st.sampled_from(WORDS), max_size=5).map(",".join) | st.text(st.sampled_from('ab,;" \t'), max_size=9)
QUOTED = LINE.map(lambda line: f'"{line}"')
LAYOUTS = [Layout(0, 1, 2), Layout(1, 2, 3, empty=1), Layout(0, 1, 3, classes=(1, 2))]


@settings(deadline=None)
@given(st.lists(LINE | QUOTED, min_size=1), st.sampled_from(LAYOUTS), st.sampled_from(",; "))
def test_rows_read_together_are_read_as_line_by_line(lines: list[str], layout: Layout, separator: str) -> None:
    together, one_by_one = Report(), Report()
    table = fields.read_rows(lines, 2, separator, layout, together)
    reader = fields.RowReader(separator, layout, one_by_one)
    read = [(number, reader.read_line(number, line)) for number, line in enumerate(lines, 2)]
    rows = [(number, *found) for number, found in read if found is not None]
    assert list(zip(table.numbers, *table.columns, strict=True)) == rows
    assert set(table.unread) - {""} == set(reader.table.unread) - {""}
    assert together == one_by_one
    assert list(together.counts) == list(one_by_one.counts)


def test_lines_of_several_blocks_have_their_own_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "_LINES_AT_ONCE", 2)
    report = Report()
    table = fields.read_rows(["1,a", "2", '3,"b"', "4", "5,c"], 2, ",", LAYOUTS[0], report)
    assert (table.numbers, table.columns) == ([2, 4, 6], [["1", "3", "5"], ["a", "b", "c"]])
    assert set(table.unread) == {"2", "4"}
    assert [(problem.code, problem.line) for problem in report.problems] == [("FIELDS", 3), ("FIELDS", 5)]


@pytest.mark.parametrize(("length", "code"), [(512, "FIELDS"), (513, "LONG_LINE")])
def test_a_line_of_the_longest_length_is_read(length: int, code: str) -> None:
    """Two fields of 256 characters: this line has three fields."""
    report = Report()
    fields.read_rows(["1,a", "2,b,".ljust(length, "x")], 2, ",", LAYOUTS[0], report)
    assert report.counts == {code: 1}
