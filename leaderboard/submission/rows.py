"""The exact reader: it reads every line and reports every problem with its line, value and fix."""

from __future__ import annotations

import numpy as np

from leaderboard.submission import separators
from leaderboard.submission.expected import UNKNOWN, Expected
from leaderboard.submission.fields import FIELD_LIMIT, Table, read_rows
from leaderboard.submission.header import Layout, find_layout
from leaderboard.submission.ids import IdColumn
from leaderboard.submission.labels import judge_labels
from leaderboard.submission.lines import NOTHING, table_lines
from leaderboard.submission.probabilities import judge_probabilities
from leaderboard.submission.problems import Report
from leaderboard.submission.systematic_errors import order_notes

_ROWS_FOR_LAYOUT = 20


def read_exactly(text: str, expected: Expected, report: Report) -> None:
    """Check the whole text; add all problems to the report, or set its codes if there is none."""
    if '"' in text:
        report.notes.append("quotes were read as CSV quotes; none are needed")
    lines, first = table_lines(text, expected, report)
    if not lines:
        report.add("EMPTY")
        return
    if len(lines[0]) > FIELD_LIMIT * (2 + len(expected.classes)):
        report.add("LONG_LINE", first, lines[0], "the header")
        return
    body = [line[:10_000] for line in lines[1 : 1 + _ROWS_FOR_LAYOUT] if line.strip(NOTHING)]
    above, separator = _check_separators(lines[0], body, first, report)
    if separators.is_wrapped(lines[0]):
        report.add("QUOTED_LINES", first, lines[0])
    header = separators.split(lines[0], above)
    if header is None:
        report.add("QUOTES", first, lines[0])
        header = separators.fields_of_broken(lines[0], above)
    split = [fields for line in body if (fields := separators.split(line, separator)) is not None]
    layout = find_layout(header, split, expected, report, first)
    if layout is None:
        report.notes.append("the lines below the header were not checked: correct the first line, then try again")
        return
    start = 1 if layout.has_header else 0
    if len(lines) == start:
        report.add("NO_ROWS")
        return
    _judge(read_rows(lines[start:], first + start, separator, layout, report), layout, expected, report)


def _check_separators(header: str, body: list[str], first: int, report: Report) -> tuple[str, str]:
    """The separators of the header and of the rows. One that is not a comma is reported once, on its first line."""
    above = separators.find_separator([header])
    below = separators.find_separator(body) if body else above
    if above == " " and below != " " and "id" not in header.casefold().split():
        above = ","  # a title, or no table at all
    for number, separator, line in ((first, above, header), (first + 1, below, body[0] if body else "")):
        if separator != ",":
            report.add("SEPARATOR", number, line, separators.NAMES[separator])
            break
    return above, below


def _judge(table: Table, layout: Layout, expected: Expected, report: Report) -> None:
    ids = IdColumn(expected, report)
    ids.judge(table.numbers, table.columns[layout.id], table.unread)
    probabilities = None
    if layout.classes:
        columns = [table.columns[column] for column in layout.classes]
        probabilities = judge_probabilities(table.numbers, columns, expected, report)
        codes = np.zeros(0) if probabilities is None else probabilities.argmax(axis=1)
    else:
        codes = judge_labels(table.numbers, table.columns[layout.label], expected, report)
    if not report.valid:
        return
    positions = ids.positions
    assert UNKNOWN not in positions, "a valid file has no unknown id"
    ordered = np.empty(expected.rows, np.int16)
    ordered[positions] = codes
    if probabilities is not None:
        report.probabilities = np.empty_like(probabilities)
        report.probabilities[positions] = probabilities
    in_order = bool((np.diff(positions) > 0).all())
    report.accept(ordered, order_notes(expected, ordered, None if in_order else positions))
