"""Check the id column: each id is known and appears once. A mistake in all ids is reported once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from leaderboard.submission.expected import UNKNOWN, Expected
from leaderboard.submission.forms import (
    THOUSANDS,
    escape_non_ascii,
    form_key,
    form_keys,
    remove_separators,
    visible,
    visible_values,
)
from leaderboard.submission.problems import EXAMPLES_SHOWN, Report
from leaderboard.submission.systematic_errors import find_id_transform, numbers_of

_DIGITS = re.compile(r"\d+")


class IdColumn:
    """Checks the ids of all rows; `positions` has the position in the sample of each row, or UNKNOWN."""

    def __init__(self, expected: Expected, report: Report) -> None:
        self.expected, self.report = expected, report
        self._line = [0] * expected.rows
        self.positions: list[int] = []
        names = expected.id_strings
        self._shown_ids = ", ".join(names[:3]) + (f", … {names[-1]}" if len(names) > 3 else "")

    def judge(self, numbers: Sequence[int], values: list[str], unread: list[str]) -> None:
        """Check all ids and report their problems.

        `numbers`: the line number of each row. `values`: its id. `unread`: the ids of lines that could not be read.
        """
        self.positions = self.expected.positions(values)
        rows = [row for row, place in enumerate(self.positions) if place == UNKNOWN]
        others = [values[row] for row in rows]
        shown = visible_values(others)
        keys = form_keys(others, shown) if rows else []
        places = self.expected.positions_of_keys(keys)
        if UNKNOWN in places:
            self._undo_transform(rows, keys, numbers, values)
        self._note_lines(numbers, values)
        self._report_unknown(zip(rows, shown, remove_separators(shown), places, strict=True), numbers, values)
        for value in unread:
            self._note_unread(value)
        self._report_missing(numbers, values)

    def _undo_transform(self, rows: list[int], keys: list[str], numbers: Sequence[int], values: list[str]) -> None:
        """If one transform explains the ids, undo it, so that the rest can be checked.

        `rows`, `keys`: of the ids that are not in the sample.
        """
        places, found = np.array(self.positions, np.int64), numbers_of(keys)
        transform = find_id_transform(found, places, self.expected)
        if transform is None:
            return
        self.report.add(transform.code, numbers[0], values[0], transform.advice)
        written = self.expected.numbers_at(places)
        written[rows] = found
        self.positions = self.expected.positions_of_numbers(transform.undo(written)).tolist()
        names = self.expected.id_strings
        odd = self._odd_forms(values)
        for row in odd[:EXAMPLES_SHOWN]:
            self.report.add("ID_FORM", numbers[row], escape_non_ascii(values[row]), names[self.positions[row]])
        if len(odd) > EXAMPLES_SHOWN:
            self.report.add_many("ID_FORM", len(odd) - EXAMPLES_SHOWN)

    def _odd_forms(self, values: list[str]) -> list[int]:
        """The rows whose id, with the number that was meant, is not written as in the sample."""
        names, are_plain = self.expected.id_strings, self.expected.ids_are_plain
        numbers = self.expected.numbers_at(np.arange(self.expected.rows))
        found = []
        for row, (value, place) in enumerate(zip(values, self.positions, strict=True)):
            if place == UNKNOWN or (are_plain and value.isdigit() and value[0] != "0"):
                continue
            if (are_plain and not value.isdigit()) or _in_style(value, str(numbers[place])) != names[place]:
                found.append(row)
        return found

    def _note_lines(self, numbers: Sequence[int], values: list[str]) -> None:
        places = np.array(self.positions, np.int64)
        rows = np.flatnonzero(places != UNKNOWN)
        places, lines = places[rows], np.fromiter(numbers, np.int64, len(numbers))[rows]
        first = np.zeros(self.expected.rows, np.int64)
        first[places[::-1]] = lines[::-1]
        self._line = first.tolist()
        again = np.flatnonzero(first[places] != lines)
        for at in again[:EXAMPLES_SHOWN].tolist():
            value, before = values[int(rows[at])], self._line[int(places[at])]
            self.report.add("ID_TWICE", int(lines[at]), value, f"{before:,}")
        if len(again) > EXAMPLES_SHOWN:
            self.report.add_many("ID_TWICE", len(again) - EXAMPLES_SHOWN)

    def _report_unknown(
        self, found: Iterable[tuple[int, str, str, int]], numbers: Sequence[int], values: list[str]
    ) -> None:
        """Report the problem of each unknown id. An id in another form is not reported as missing, too.

        `found`: for each unknown id, its row, its visible text, this without separators between thousands, and its
        position by its key, or UNKNOWN.
        """
        known, line, counts = self.expected.id_positions, self._line, self.report.counts
        for row, clean, bare, place in found:
            if self.positions[row] != UNKNOWN:
                continue
            if (place == UNKNOWN or line[place]) and bare != clean and THOUSANDS.fullmatch(clean):
                place = known.get(bare, place)
            if not clean:
                code = "ID_EMPTY"
            elif place == UNKNOWN:
                code = "ID_UNKNOWN"
            elif line[place]:
                code = "ID_TWICE"
            else:
                code = "ID_BLANKS" if clean != values[row] and clean in known else "ID_FORM"
            if counts.get(code, 0) < EXAMPLES_SHOWN:
                self._report_wrong(code, numbers[row], values[row], place)
            else:
                counts[code] += 1
            if code in ("ID_BLANKS", "ID_FORM"):
                line[place] = numbers[row]

    def _report_wrong(self, code: str, number: int, value: str, place: int) -> None:
        if code == "ID_EMPTY":
            self.report.add(code, number, value)
        elif code == "ID_UNKNOWN":
            self.report.add(code, number, escape_non_ascii(value), self._shown_ids)
        elif code == "ID_TWICE":
            self.report.add(code, number, escape_non_ascii(value), f"{self._line[place]:,}")
        else:
            self.report.add(code, number, escape_non_ascii(value), self.expected.id_strings[place])

    def _note_unread(self, value: str) -> None:
        place = self.expected.id_positions.get(value.strip())
        if place is None:
            place = self.expected.id_keys.get(form_key(value))
        if place is not None:
            self._line[place] = self._line[place] or 1

    def _report_missing(self, numbers: Sequence[int], values: list[str]) -> None:
        """Report the ids without a line, unless the file was not read to its end or none of its ids is known."""
        if "TOO_MANY_ROWS" in self.report.counts:
            return
        missing = [position for position, line in enumerate(self._line) if not line]
        if len(missing) == self.expected.rows:
            if not self.report.counts:
                self.report.add("NO_ROWS")
            if self.report.counts.keys() & {"ID_UNKNOWN"}:
                return
        if self._is_one_row_off(values, missing):
            del self.report.counts["ID_EMPTY"]
            self.report.problems = [p for p in self.report.problems if p.code != "ID_EMPTY"]
            name = self.expected.id_strings[missing[0]]
            self.report.add("ROW_OFF", numbers[0 if not values[0] else -1], None, f"the missing id is {name}")
            return
        for position in missing[:3]:
            self.report.add("ID_MISSING", None, self.expected.id_strings[position])
        if len(missing) > 3:
            self.report.add_many("ID_MISSING", len(missing) - 3)

    def _is_one_row_off(self, values: list[str], missing: list[int]) -> bool:
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
