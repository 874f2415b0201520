"""The exact way: every line is looked at, and every problem found is named with its line, value and fix."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from leaderboard.submission.diagnosis import diagnose_label, escaped
from leaderboard.submission.expected import Expected
from leaderboard.submission.header import Layout, check_header
from leaderboard.submission.ids import IdColumn
from leaderboard.submission.probabilities import ProbabilityRows
from leaderboard.submission.problems import Report

# A line is refused unread beyond this many characters a field: no id, class or number is so long.
_FIELD_LIMIT = 256
_SPARE_LINES = 1000


def read_exactly(text: str, expected: Expected, report: Report) -> None:
    """Check the whole text; fill the report, and its codes when there was no problem."""
    if '"' in text:
        report.notes.append("quotes were read as CSV quotes; none are needed")
    lines = _limited_lines(text, expected, report)
    header = _fields(lines[0], 1, 2 + len(expected.classes), report)
    layout = None if header is None else check_header(header, expected, report)
    if layout is None:
        report.notes.append("the lines below the header were not checked: put the first line right, then try again")
        return
    if len(lines) < layout.first_line:
        report.add("NO_ROWS")
        return
    labels = (layout.id, layout.label) == (0, 1) and not layout.probabilities
    if labels and lines[1:] and lines[1].count(",") == 1:
        layout = replace(layout, columns=2)  # only the header has more: its rows are right
    rows = ProbabilityRows(expected, report) if layout.probabilities else LabelRows(expected, report, layout)
    for number, fields in _rows(lines, layout, report):
        rows.take(number, fields)
    rows.finish()


def _limited_lines(text: str, expected: Expected, report: Report) -> list[str]:
    """The lines, without the empty one that a final line end leaves; no more than the ids can explain."""
    limit = expected.rows + _SPARE_LINES
    lines = text.split("\n", limit)
    if len(lines) > limit and lines.pop():
        total = text.count("\n") + (not text.endswith("\n"))
        report.add("TOO_MANY_ROWS", None, f"{total:,} lines", f"{expected.rows:,}")
    elif not lines[-1]:
        lines.pop()
    return lines


def _rows(lines: list[str], layout: Layout, report: Report) -> Iterator[tuple[int, list[str]]]:
    hint = f"{layout.columns} fields"
    for number in range(layout.first_line, len(lines) + 1):
        line = lines[number - 1]
        if not line or line.isspace():
            report.add("BLANK_LINE", number)
            continue
        fields = _fields(line, number, layout.columns, report)
        if fields is None:
            continue
        if len(fields) == layout.columns:
            yield number, fields
        else:
            report.add("FIELDS", number, line, hint)


def _fields(line: str, number: int, columns: int, report: Report) -> list[str] | None:
    if len(line) > _FIELD_LIMIT * columns:
        report.add("LONG_LINE", number, line, f"{columns} fields")
        return None
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        report.add("QUOTES", number, line)
        return None


class LabelRows:
    """Rows of one id and one class name."""

    def __init__(self, expected: Expected, report: Report, layout: Layout) -> None:
        self.expected, self.report, self.layout = expected, report, layout
        self.ids = IdColumn(expected, report)
        self._codes = np.full(expected.rows, -1, np.int16)
        self._of_class = expected.class_codes
        self._diagnosed: dict[str, tuple[str, str]] = {}

    def take(self, number: int, fields: list[str]) -> None:
        position = self.ids.take(number, fields[self.layout.id])
        label = fields[self.layout.label]
        code = self._of_class.get(label)
        if code is None:
            self._refuse(number, label)
        elif position is not None:
            self._codes[position] = code

    def _refuse(self, number: int, label: str) -> None:
        # A file is usually wrong in one way throughout: each wrong label is thought about once.
        if label not in self._diagnosed:
            self._diagnosed[label] = diagnose_label(label, self.expected)
        name, meant = self._diagnosed[label]
        self.report.add(name, number, escaped(label), meant)

    def finish(self) -> None:
        self.ids.finish()
        if self.report.valid:
            self.report.accept(self._codes, self.ids.in_file_order())
