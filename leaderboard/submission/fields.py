"""The fields of all rows: lines are split many at once, and the first ones with each problem are explained."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from leaderboard.submission import separators
from leaderboard.submission.header import Layout
from leaderboard.submission.lines import NOTHING
from leaderboard.submission.problems import EXAMPLES_SHOWN, Report
from leaderboard.submission.splitting import Split

# The limit of characters per field: longer lines are reported without reading them. No valid field is so long.
FIELD_LIMIT = 256
# So few that the arrays stay small if the lines are long.
_LINES_AT_ONCE = 1 << 14


@dataclass
class Table:
    """The columns of the readable rows and their line numbers; `unread`: the ids of the other lines."""

    numbers: list[int]
    columns: list[list[str]]
    unread: list[str] = field(default_factory=list)


def read_rows(lines: list[str], first: int, separator: str, layout: Layout, report: Report) -> Table:
    """The rows of these lines, of which the first has the number `first`; other lines go to the report."""
    reader = RowReader(separator, layout, report)
    for start in range(0, len(lines), _LINES_AT_ONCE):
        reader.read(first + start, lines[start : start + _LINES_AT_ONCE])
    return reader.table


class RowReader:
    """Adds the rows of lines to `table`, and their problems to the report."""

    def __init__(self, separator: str, layout: Layout, report: Report) -> None:
        self.table = Table([], [[] for _ in range(layout.columns)])
        self._layout, self._report, self._splitter = layout, report, separators.Splitter(separator)

    def read(self, first: int, lines: list[str]) -> None:
        """Read lines, of which the first has the number `first`, all at once.

        Only lines that cannot be split with the others, and the first ones with each problem, are read one by one.
        """
        columns, place = self._layout.columns, self._layout.id
        is_long = _lengths(lines, len(lines)) >= min(self._limit + 1, separators.CSV_LIMIT)
        is_empty = (_lengths(map(str.strip, lines, itertools.repeat(NOTHING)), len(lines)) == 0) & ~is_long
        short = ["" if long else line for line, long in zip(lines, is_long, strict=True)] if is_long.any() else lines
        split = separators.split_all(short, self._splitter.separator)
        is_spare = split.are_blank(~is_empty, columns)
        is_single = is_long | (split.unclear & ~is_empty)
        is_whole = split.has_fields & ~(is_empty | is_long)
        is_row = is_whole & (is_spare | (split.counts == columns))
        problems = self._find_problems(lines, split, is_empty, is_whole, is_row)
        singles = self._read_singles(first, lines, is_single, problems)
        self._add_rows(first, np.flatnonzero(is_row), split.texts(is_row, 0, columns), singles)
        self.table.unread += split.texts(is_whole & ~is_row & (split.counts > place), place, place + 1)
        self._note_broken([lines[row] for row in np.flatnonzero(problems["QUOTES"]).tolist()])

    def read_line(self, number: int, line: str) -> list[str] | None:
        """The fields of one line; None, with the problem in the report, if it is not a row."""
        if len(line) > self._limit:
            self._report.add("LONG_LINE", number, line, f"{self._layout.columns} fields")
            self._note_broken([line])
            return None
        if not line.strip(NOTHING):
            if line.strip():
                _note_once(self._report, "rows with only separators were skipped")
            else:
                self._report.add("BLANK_LINE", number)
            return None
        fields = self._splitter.split(line)
        if fields is None:
            self._report.add("QUOTES", number, line)
            self._note_broken([line])
            return None
        return self._fit_fields(number, line, fields)

    @property
    def _limit(self) -> int:
        """The most characters of a line that is read."""
        return FIELD_LIMIT * (self._layout.columns + self._layout.empty)

    def _find_problems(
        self, lines: list[str], split: Split, is_empty: np.ndarray, is_whole: np.ndarray, is_row: np.ndarray
    ) -> dict[str, np.ndarray]:
        """The lines (bool) with each problem, by code; lines of separators alone are only noted."""
        is_blank = is_empty.copy()
        is_blank[is_empty] = [not lines[row].strip() for row in np.flatnonzero(is_empty).tolist()]
        columns, is_other = self._layout.columns, is_whole & ~is_row
        has_commas = is_other & (split.counts == 2 * columns - 1) & bool(self._layout.classes)
        has_more = is_row & (split.counts > columns + self._layout.empty)
        return {
            "BLANK_LINE": is_blank,
            "separators": is_empty & ~is_blank,
            "QUOTES": split.broken & ~is_empty,
            "FIELDS": (is_other & ~has_commas) | has_more,
            "DECIMAL_COMMA": has_commas,
        }

    def _read_singles(
        self, first: int, lines: list[str], is_single: np.ndarray, problems: dict[str, np.ndarray]
    ) -> dict[int, list[str]]:
        """The fields of the single lines, by row; these and the first lines with each problem are reported in order."""
        shown = is_single.copy()
        for where in problems.values():
            shown[np.flatnonzero(where)[:EXAMPLES_SHOWN]] = True
        found = {row: self.read_line(first + row, lines[row]) for row in np.flatnonzero(shown).tolist()}
        for code, where in problems.items():
            more = int(np.count_nonzero(where & ~shown))
            if more and code != "separators":
                self._report.add_many(code, more)
        return {row: fields for row, fields in found.items() if is_single[row] and fields is not None}

    def _add_rows(self, first: int, rows: np.ndarray, texts: list[str], singles: dict[int, list[str]]) -> None:
        """Add the rows whose fields are `texts`, one after another, and the single ones."""
        places = np.append(rows, np.array(list(singles), np.int64))
        order = np.argsort(places)
        self.table.numbers += (places[order] + first).tolist()
        for place, column in enumerate(self.table.columns):
            found = texts[place :: len(self.table.columns)] + [fields[place] for fields in singles.values()]
            column += [found[row] for row in order.tolist()] if singles else found

    def _fit_fields(self, number: int, line: str, fields: list[str]) -> list[str] | None:
        """The fields without empty ones at the end; None, with the problem in the report, if their number is wrong."""
        columns = self._layout.columns
        if len(fields) == columns:
            return fields
        if len(fields) > columns and not any(text.strip() for text in fields[columns:]):
            if len(fields) > columns + self._layout.empty:
                self._report.add("FIELDS", number, line, f"{columns} fields: delete the separators at its end")
            return fields[:columns]
        if self._layout.classes and len(fields) == 2 * columns - 1:
            self._report.add("DECIMAL_COMMA", number, line, ".".join(fields[1:3]))
        else:
            self._report.add("FIELDS", number, line, f"{columns} fields")
        self.table.unread.append(_field(fields, self._layout.id))
        return None

    def _note_broken(self, lines: list[str]) -> None:
        place = self._layout.id
        self.table.unread += separators.find_in_broken(lines, self._splitter.separator, place)


def _lengths(texts: Iterable[str], count: int) -> np.ndarray:
    return np.fromiter(map(len, texts), np.int64, count)


def _field(fields: list[str], column: int) -> str:
    return fields[column] if column < len(fields) else ""


def _note_once(report: Report, text: str) -> None:
    if text not in report.notes:
        report.notes.append(text)
