"""The exact reader: it reads every line and reports every problem with its line, value and fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from leaderboard.submission import separators
from leaderboard.submission.expected import UNKNOWN, Expected
from leaderboard.submission.header import Layout, find_layout
from leaderboard.submission.ids import IdColumn
from leaderboard.submission.labels import judge_labels
from leaderboard.submission.lines import NOTHING, table_lines
from leaderboard.submission.probabilities import judge_probabilities
from leaderboard.submission.problems import Report
from leaderboard.submission.slips import order_notes

# The limit of characters per field: longer lines are reported without reading them. No valid field is so long.
_FIELD_LIMIT = 256
_ROWS_FOR_LAYOUT = 20


@dataclass
class Table:
    """The columns of the readable rows and their line numbers; `unread`: the ids of the other lines."""

    numbers: Sequence[int]
    columns: list[list[str]]
    unread: list[str] = field(default_factory=list)


def read_exactly(text: str, expected: Expected, report: Report) -> None:
    """Check the whole text; add all problems to the report, or set its codes if there is none."""
    if '"' in text:
        report.notes.append("quotes were read as CSV quotes; none are needed")
    lines, first = table_lines(text, expected, report)
    if not lines:
        report.add("EMPTY")
        return
    if len(lines[0]) > _FIELD_LIMIT * (2 + len(expected.classes)):
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
    _judge(_read_rows(lines[start:], first + start, separator, layout, report), layout, expected, report)


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


def _read_rows(lines: list[str], first: int, separator: str, layout: Layout, report: Report) -> Table:
    plain = _read_plain(lines, first, separator, layout)
    if plain is not None:
        return plain
    numbers: list[int] = []
    table = Table(numbers, [[] for _ in range(layout.columns)])
    appends = [column.append for column in table.columns]
    splitter = separators.Splitter(separator)
    for number, line in enumerate(lines, first):
        fields = _simply_split(line, separator, layout.columns)
        if fields is None:
            fields = _read_odd(number, line, splitter, layout, table, report)
        if fields is not None:
            numbers.append(number)
            for append, text in zip(appends, fields, strict=True):
                append(text)
    return table


def _read_plain(lines: list[str], first: int, separator: str, layout: Layout) -> Table | None:
    """All lines at once; None if a line has the wrong number of fields, or quotes inside a field."""
    columns = layout.columns
    if separator == " " or layout.empty:
        return None
    if max(map(len, lines)) > _FIELD_LIMIT * columns or not all(line.strip(NOTHING) for line in lines):
        return None
    if any('"' in line for line in lines):
        found = separators.split_all(lines, separator, columns)
        return Table(range(first, first + len(lines)), found) if found else None
    if any(line.count(separator) != columns - 1 for line in lines):
        return None
    fields = separator.join(lines).split(separator)
    return Table(range(first, first + len(lines)), [fields[column::columns] for column in range(columns)])


def _simply_split(line: str, separator: str, columns: int) -> list[str] | None:
    """The fields of a row without quotes; None for any other line."""
    if '"' in line or len(line) > _FIELD_LIMIT * columns or separator == " " or not line.strip(NOTHING):
        return None
    fields = line.split(separator)
    return fields if len(fields) == columns else None


def _read_odd(
    number: int, line: str, splitter: separators.Splitter, layout: Layout, table: Table, report: Report
) -> list[str] | None:
    """The fields of a line that is not simple; None, with the problem in the report, if it is not a row."""
    if len(line) > _FIELD_LIMIT * (layout.columns + layout.empty):
        report.add("LONG_LINE", number, line, f"{layout.columns} fields")
        table.unread.append(_field(separators.fields_of_broken(line, splitter.separator), layout.id))
        return None
    if not line.strip(NOTHING):
        if line.strip():
            _note_once(report, "rows with only separators were skipped")
        else:
            report.add("BLANK_LINE", number)
        return None
    fields = splitter.split(line)
    if fields is None:
        report.add("QUOTES", number, line)
        table.unread.append(_field(separators.fields_of_broken(line, splitter.separator), layout.id))
        return None
    return _fit_fields(number, line, fields, layout, table, report)


def _fit_fields(
    number: int, line: str, fields: list[str], layout: Layout, table: Table, report: Report
) -> list[str] | None:
    """The fields without empty ones at the end; None, with the problem in the report, if their number is wrong."""
    columns = layout.columns
    if len(fields) == columns:
        return fields
    if len(fields) > columns and not any(text.strip() for text in fields[columns:]):
        if len(fields) > columns + layout.empty:
            report.add("FIELDS", number, line, f"{columns} fields: delete the separators at its end")
        return fields[:columns]
    if layout.classes and len(fields) == 2 * columns - 1:
        numbers = ".".join(fields[1:3])
        report.add("DECIMAL_COMMA", number, line, numbers)
    else:
        report.add("FIELDS", number, line, f"{columns} fields")
    table.unread.append(_field(fields, layout.id))
    return None


def _field(fields: list[str], column: int) -> str:
    return fields[column] if column < len(fields) else ""


def _note_once(report: Report, text: str) -> None:
    if text not in report.notes:
        report.notes.append(text)


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
    positions = np.array(ids.positions)
    assert UNKNOWN not in ids.positions, "a valid file has no unknown id"
    ordered = np.empty(expected.rows, np.int16)
    ordered[positions] = codes
    if probabilities is not None:
        report.probabilities = np.empty_like(probabilities)
        report.probabilities[positions] = probabilities
    in_order = bool((np.diff(positions) > 0).all())
    report.accept(ordered, order_notes(expected, ordered, None if in_order else positions))
