"""No cell that a spreadsheet would run, whichever separator it takes; moments that a program can read."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta, timezone

import pytest

from leaderboard.table.spreadsheet import write_csv

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "a;=1+1",
    "a; =1+1",
    "a;;=1+1;b",
    "a\t=1+1",
    "a\n=1+1",
    "a\r\n=1+1",
    'a";=1+1;"b',
    '";=1+1',
    "a;=cmd|' /C calc'!A0",
    "a;@x;-y;+z",
    ";＝1+1",
)


def cells(text: str, separator: str, quotes: bool) -> list[str]:
    """The cells as a spreadsheet with that separator splits them, with and without an eye for quotes."""
    if not quotes:
        return [cell for line in re.split(r"[\r\n]+", text) for cell in line.split(separator)]
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]


@pytest.mark.parametrize("cell", HOSTILE)
def test_no_cell_is_a_formula_under_any_separator(cell: str) -> None:
    text = io.StringIO()
    write_csv(text, [{"a": cell, "b": "x", "c": cell}], ("a", "b", "c"))
    for separator in ",;\t":
        for quotes in (True, False):
            for found in cells(text.getvalue(), separator, quotes):
                assert not found.lstrip(' "\t\u00a0').startswith(tuple("=+-@＝＋－＠")), (separator, quotes, found)


@pytest.mark.parametrize("cell", ["", "Ada", "a-b", "1+1=2", "a; b", "e-mail@example.org", "Ångström; 陈"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    text = io.StringIO()
    write_csv(text, [{"a": cell, "b": 1}], ("a", "b"))
    assert list(csv.reader(io.StringIO(text.getvalue()))) == [["a", "b"], [cell, "1"]]


def test_numbers_stay_numbers_and_moments_have_an_offset() -> None:
    text, moment = io.StringIO(), datetime(2025, 10, 26, 2, 30, tzinfo=timezone(timedelta(hours=1)))
    write_csv(text, [{"a": -3, "b": -0.5, "c": moment, "d": None, "e": False}], "abcde")
    assert text.getvalue() == "a,b,c,d,e\n-3,-0.5,2025-10-26T02:30:00+01:00,,False\n"
    assert datetime.fromisoformat("2025-10-26T02:30:00+01:00") == moment
