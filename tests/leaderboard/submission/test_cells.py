"""Cells that are not plain numbers: counted for all rows at once as they are reported for each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission import Report
from leaderboard.submission.cells import Kind, count_malformed, kind_of, kinds_of, report_malformed

WRITTEN = st.text(st.sampled_from("0123456789" * 2 + ".,eE+-% x٣\u00a0"), max_size=9)
USUAL = st.sampled_from(["0.1", "0,1", "10%", "1,5%", "5 %", "1e-3", "1e1234", "x", "nan", "", ",5", "%", "0.1 "])


@settings(deadline=None)
@given(st.lists(WRITTEN | USUAL, min_size=1, max_size=5))
def test_kinds_at_once_are_those_one_by_one(cells: list[str]) -> None:
    assert kinds_of("\n".join(cells)).tolist() == [kind_of(cell) for cell in cells]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("0.25", Kind.NUMBER | Kind.AMOUNT),
        ("0,25", Kind.COMMA | Kind.AMOUNT),
        ("25 %", Kind.AMOUNT | Kind.WITH_PERCENT | Kind.UP_TO_PERCENT),
        ("%25", Kind.WITH_PERCENT),
        ("1e123", Kind.NUMBER | Kind.AMOUNT),
        ("1e1234", 0),
        ("12345e12", Kind.NUMBER | Kind.AMOUNT),
        ("٣", 0),
    ],
)
def test_what_a_cell_is(cell: str, kind: int) -> None:
    assert kind_of(cell) == kinds_of(cell)[0] == kind


@settings(deadline=None)
@given(st.lists(st.lists(USUAL, min_size=3, max_size=3), min_size=1, max_size=5))
def test_problems_are_counted_as_they_are_reported_row_by_row(rows: list[list[str]]) -> None:
    counts = count_malformed(np.array([[kind_of(cell) for cell in row] for row in rows], np.uint8))
    for place, row in enumerate(rows):
        report = Report()
        if not all(kind_of(cell) & Kind.NUMBER for cell in row):
            report_malformed(2, row, report)
        assert {code: int(each[place]) for code, each in counts.items() if each[place]} == report.counts
