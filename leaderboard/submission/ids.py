"""Check the id column: each id is known and appears once. A mistake in all ids is reported once."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

import numpy as np

from leaderboard.submission.expected import UNKNOWN, Expected
from leaderboard.submission.forms import escape_non_ascii, form_keys, visible, visible_values
from leaderboard.submission.id_numbers import NO_NUMBER, form_numbers
from leaderboard.submission.problems import Report
from leaderboard.submission.systematic_errors import find_id_transform
from leaderboard.submission.thousands import join_thousands

_DIGITS = re.compile(r"\d+")


class IdColumn:
    """Checks the ids of all rows; `positions` (int64) has the position in the sample of each row, or UNKNOWN."""

    def __init__(self, expected: Expected, report: Report) -> None:
        self.expected, self.report = expected, report
        self.positions = np.zeros(0, np.int64)
        self._lines = np.zeros(expected.rows, np.int64)
        names = expected.id_strings
        self._shown_ids = ", ".join(names[:3]) + (f", … {names[-1]}" if len(names) > 3 else "")

    def judge(self, numbers: Sequence[int], values: list[str], unread: list[str]) -> None:
        """Check all ids and report their problems.

        `numbers`: the line number of each row. `values`: its id. `unread`: the ids of lines that could not be read.
        """
        lines = np.array(numbers, np.int64)
        self.positions = self.expected.positions(values)
        rows = np.flatnonzero(self.positions == UNKNOWN)
        others = values if len(rows) == len(values) else [values[row] for row in rows.tolist()]
        shown = visible_values(others) if others else []
        places, found = self._find_places(others, shown)
        if (places == UNKNOWN).any():
            self._undo_transform(rows, found, lines, values)
        self._note_lines(lines, values)
        is_left = self.positions[rows] == UNKNOWN
        left = np.flatnonzero(is_left).tolist()
        if len(left) < len(others):
            others, shown = [others[at] for at in left], [shown[at] for at in left]
        self._report_unknown(lines[rows[is_left]], others, shown, places[is_left])
        self._note_unread(unread)
        self._report_missing(lines, values)

    def _find_places(self, values: list[str], shown: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """The position in the sample by the key of each value, or UNKNOWN, and its key as a number, or NO_NUMBER.

        `shown`: the visible texts of the values.
        """
        if self.expected.id_numbers is None:
            keys = form_keys(values, shown) if values else []
            return self.expected.positions_of_keys(keys), np.full(len(keys), NO_NUMBER)
        numbers, is_foreign = form_numbers(values, shown)
        return np.where(is_foreign, UNKNOWN, self.expected.positions_of_numbers(numbers)), numbers

    def _undo_transform(self, rows: np.ndarray, found: np.ndarray, lines: np.ndarray, values: list[str]) -> None:
        """If one transform explains the ids, undo it, so that the rest can be checked.

        `rows`, `found`: of the ids that are not in the sample, and their numbers.
        """
        transform = find_id_transform(found, self.positions, self.expected)
        if transform is None:
            return
        self.report.add(transform.code, int(lines[0]), values[0], transform.advice)
        written = self.expected.numbers_at(self.positions)
        written[rows] = found
        self.positions = self.expected.positions_of_numbers(transform.undo(written))
        names = self.expected.id_strings

        def add(code: str, row: int) -> None:
            self.report.add(code, int(lines[row]), escape_non_ascii(values[row]), names[self.positions[row]])

        self.report.add_rows({"ID_FORM": self._odd_forms(values)}, add)

    def _odd_forms(self, values: list[str]) -> np.ndarray:
        """The rows whose id, with the number that was meant, is not written as in the sample."""
        names, are_plain = self.expected.id_strings, self.expected.ids_are_plain
        numbers = self.expected.numbers_at(np.arange(self.expected.rows))
        is_odd = self.positions != UNKNOWN
        if are_plain:
            is_odd &= np.array([not value.isdigit() or value[0] == "0" for value in values])
        rows = np.flatnonzero(is_odd).tolist()
        for row in [row for row in rows if values[row].isdigit()] if are_plain else rows:
            place = self.positions[row]
            is_odd[row] = _in_style(values[row], str(numbers[place])) != names[place]
        return np.flatnonzero(is_odd)

    def _note_lines(self, lines: np.ndarray, values: list[str]) -> None:
        rows = np.flatnonzero(self.positions != UNKNOWN)
        places = self.positions[rows]
        self._lines[places[::-1]] = lines[rows[::-1]]

        def add(code: str, row: int) -> None:
            self.report.add(code, int(lines[row]), values[row], f"{self._lines[self.positions[row]]:,}")

        self.report.add_rows({"ID_TWICE": rows[self._lines[places] != lines[rows]]}, add)

    def _report_unknown(self, lines: np.ndarray, values: list[str], shown: list[str], places: np.ndarray) -> None:
        """Report the problem of each unknown id. An id in another form is not reported as missing, too.

        `lines`: their line numbers. `shown`: their visible texts. `places`: their positions by their keys, or UNKNOWN.
        """
        is_empty = np.fromiter(map(len, shown), np.int64, len(shown)) == 0
        places = join_thousands(shown, np.where(is_empty, UNKNOWN, places), self._lines, self.expected)
        rows = np.flatnonzero(places != UNKNOWN)
        first = np.zeros(self.expected.rows, np.int64)
        first[places[rows[::-1]]] = rows[::-1]
        is_first = (first[places[rows]] == rows) & (self._lines[places[rows]] == 0)
        self._lines[places[rows[is_first]]] = lines[rows[is_first]]
        has_blanks = np.zeros(len(rows), bool)
        if shown != values:
            changed = np.flatnonzero(np.fromiter(map(operator.ne, shown, values), bool, len(values))[rows])
            texts = [shown[row] for row in rows[changed].tolist()]
            has_blanks[changed] = self.expected.positions(texts) != UNKNOWN if texts else False
        found = {
            "ID_EMPTY": np.flatnonzero(is_empty),
            "ID_UNKNOWN": np.flatnonzero(~is_empty & (places == UNKNOWN)),
            "ID_TWICE": rows[~is_first],
            "ID_BLANKS": rows[is_first & has_blanks],
            "ID_FORM": rows[is_first & ~has_blanks],
        }
        self.report.add_rows(
            found, lambda code, row: self._report_wrong(code, int(lines[row]), values[row], int(places[row]))
        )

    def _report_wrong(self, code: str, number: int, value: str, place: int) -> None:
        if code == "ID_EMPTY":
            self.report.add(code, number, value)
        elif code == "ID_UNKNOWN":
            self.report.add(code, number, escape_non_ascii(value), self._shown_ids)
        elif code == "ID_TWICE":
            self.report.add(code, number, escape_non_ascii(value), f"{self._lines[place]:,}")
        else:
            self.report.add(code, number, escape_non_ascii(value), self.expected.id_strings[place])

    def _note_unread(self, values: list[str]) -> None:
        """Do not report the ids of these lines as missing, too."""
        different = list(set(values))
        places = self.expected.positions([value.strip() for value in different])
        others = [different[row] for row in np.flatnonzero(places == UNKNOWN).tolist()]
        found = self._find_places(others, visible_values(others))[0] if others else places[:0]
        for place in (places[places != UNKNOWN], found[found != UNKNOWN]):
            self._lines[place] = np.maximum(self._lines[place], 1)

    def _report_missing(self, lines: np.ndarray, values: list[str]) -> None:
        """Report the ids without a line, unless the file was not read to its end or none of its ids is known."""
        if "TOO_MANY_ROWS" in self.report.counts:
            return
        missing = np.flatnonzero(self._lines == 0)
        if len(missing) == self.expected.rows:
            if not self.report.counts:
                self.report.add("NO_ROWS")
            if self.report.counts.keys() & {"ID_UNKNOWN"}:
                return
        names = self.expected.id_strings
        if self._is_one_row_off(values, missing):
            del self.report.counts["ID_EMPTY"]
            self.report.problems = [p for p in self.report.problems if p.code != "ID_EMPTY"]
            hint = f"the missing id is {names[missing[0]]}"
            self.report.add("ROW_OFF", int(lines[0 if not values[0] else -1]), None, hint)
            return
        self.report.add_rows({"ID_MISSING": missing}, lambda code, place: self.report.add(code, None, names[place]))

    def _is_one_row_off(self, values: list[str], missing: np.ndarray) -> bool:
        """Whether the ids moved by one row: the one at one end is empty, the sample's at the other end is missing."""
        if self.report.counts.get("ID_EMPTY") != 1 or len(missing) != 1 or self.expected.rows < 3:
            return False
        ends = {0: self.expected.rows - 1, len(values) - 1: 0}
        return any(not visible(values[row]) and missing[0] == place for row, place in ends.items())


def _in_style(value: str, number: str) -> str:
    """The id with another number in the same style: 0000.png and 1 give 0001.png."""

    def padded(found: re.Match[str]) -> str:
        return number.zfill(len(found[0])) if len(found[0]) > 1 and found[0][0] == "0" else number

    return number if value.isdigit() and value[0] != "0" else _DIGITS.sub(padded, value, count=1)
