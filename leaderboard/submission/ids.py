"""Check the id column: each id is known and appears once. A mistake in all ids is reported once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from leaderboard.submission.expected import Expected
from leaderboard.submission.forms import escape_non_ascii, form_key, form_keys, remove_thousands_separators, visible
from leaderboard.submission.problems import EXAMPLES_SHOWN, Report
from leaderboard.submission.slips import Slip, find_slip, number_of

UNKNOWN = -1
# The ids of the first rows are checked one by one, so that the examples of each problem are exact.
_EXAMINED = 1000
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
        """`numbers`: the line number of each row; `values`: its id; `unread`: ids of lines that could not be read."""
        known = self.expected.id_positions
        self.positions = [known.get(value, UNKNOWN) for value in values]
        keys = self._keys_of_unknown(values)
        id_keys = self.expected.id_keys if keys else {}
        if any(key not in id_keys for key in keys.values()):
            slip = find_slip(keys, self.positions, self.expected)
            if slip is not None:
                self._undo(slip, numbers, values)
        self._note_lines(numbers, values)
        self._report_unknown(keys, id_keys, numbers, values)
        for value in unread:
            self._note_unread(value)
        self._report_missing(numbers, values)

    def _keys_of_unknown(self, values: list[str]) -> dict[int, str]:
        """The key of each id that is not in the sample, by row."""
        if UNKNOWN not in self.positions:
            return {}
        rows = [row for row, place in enumerate(self.positions) if place == UNKNOWN]
        return dict(zip(rows, form_keys([values[row] for row in rows]), strict=True))

    def _undo(self, slip: Slip, numbers: Sequence[int], values: list[str]) -> None:
        """Replace every id by the one that was meant, so that the rest of the file can be checked."""
        self.report.add(slip.code, numbers[0], values[0], slip.advice)
        places = self.expected.id_keys
        for row, (value, key) in enumerate(zip(values, form_keys(values), strict=True)):
            number = number_of(key)
            meant = None if number is None else slip.meant(number)
            place = self.positions[row] = UNKNOWN if meant is None else places.get(meant, UNKNOWN)
            if place != UNKNOWN and _restyled(value, meant or "") != self.expected.id_strings[place]:
                self.report.add("ID_FORM", numbers[row], escape_non_ascii(value), self.expected.id_strings[place])

    def _note_lines(self, numbers: Sequence[int], values: list[str]) -> None:
        for row, position in enumerate(self.positions):
            if position == UNKNOWN:
                continue
            if self._line[position]:
                self.report.add("ID_TWICE", numbers[row], values[row], f"{self._line[position]:,}")
            else:
                self._line[position] = numbers[row]

    def _report_unknown(
        self, keys: dict[int, str], id_keys: dict[str, int], numbers: Sequence[int], values: list[str]
    ) -> None:
        """Report the problem of each unknown id; after the first examples, simple ones are only counted."""
        counted: dict[str, int] = {}
        for row, key in keys.items():
            if self.positions[row] != UNKNOWN:
                continue
            place, value = id_keys.get(key), values[row]
            if row > _EXAMINED and "," in value and value.isascii() and (place is None or self._line[place]):
                place = self.expected.id_positions.get(remove_thousands_separators(value) or "", place)
            code = self._plain_problem(value, place) if row > _EXAMINED else None
            if code is None or self.report.counts.get(code, 0) < EXAMPLES_SHOWN:
                self._report_wrong(numbers[row], value, place)
                continue
            counted[code] = counted.get(code, 0) + 1
            if place is not None:
                self._line[place] = numbers[row]
        for code, count in counted.items():
            self.report.add_many(code, count)

    def _plain_problem(self, value: str, place: int | None) -> str | None:
        """The problem of an id if it is simple, so that it can be counted without an example; else None."""
        if place is None:
            return "ID_UNKNOWN" if value.isascii() and value.removeprefix("-").isalnum() else None
        if self._line[place]:
            return None
        return "ID_BLANKS" if not value.isalnum() and visible(value) in self.expected.id_positions else "ID_FORM"

    def _report_wrong(self, number: int, value: str, place: int | None) -> None:
        """Report the problem of an unknown id. An id in another form is not reported as missing, too."""
        clean, known = visible(value), self.expected.id_positions
        if (place is None or self._line[place]) and not value.isalnum():
            place = known.get(remove_thousands_separators(clean) or "", place)
        if not clean:
            self.report.add("ID_EMPTY", number, value)
        elif place is None:
            self.report.add("ID_UNKNOWN", number, escape_non_ascii(value), self._shown_ids)
        elif self._line[place]:
            self.report.add("ID_TWICE", number, escape_non_ascii(value), f"{self._line[place]:,}")
        else:
            code = "ID_BLANKS" if clean in known else "ID_FORM"
            self.report.add(code, number, escape_non_ascii(value), self.expected.id_strings[place])
            self._line[place] = number

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


def _restyled(value: str, number: str) -> str:
    """The id with another number in the same style: 0000.png and 1 give 0001.png."""

    def padded(found: re.Match[str]) -> str:
        return number.zfill(len(found[0])) if len(found[0]) > 1 and found[0][0] == "0" else number

    return number if value.isdigit() and value[0] != "0" else _DIGITS.sub(padded, value, count=1)
