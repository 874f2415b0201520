"""The id column, row by row: each id once, each one known."""

from __future__ import annotations

from leaderboard.submission.diagnosis import diagnose_id, escaped
from leaderboard.submission.expected import Expected
from leaderboard.submission.problems import Report


class IdColumn:
    """Which ids were seen, and on which line; the problems of the id column."""

    def __init__(self, expected: Expected, report: Report) -> None:
        self.expected, self.report = expected, report
        self._positions = expected.id_positions
        self._line = [0] * expected.rows

    def take(self, number: int, value: str) -> int | None:
        """The id's position when it is right and new, else None and a problem."""
        position = self._positions.get(value)
        if position is None:
            self._refuse(number, value)
        elif self._line[position]:
            self.report.add("ID_TWICE", number, value, f"{self._line[position]:,}")
        else:
            self._line[position] = number
            return position
        return None

    def _refuse(self, number: int, value: str) -> None:
        code, meant = diagnose_id(value, self._positions)
        self.report.add(code, number, escaped(value), meant or "")
        if meant is not None:
            # An id that is there in another form is not missing as well.
            self._line[self._positions[meant]] = number

    def finish(self) -> None:
        """Name the ids without a line, unless the file was cut short or lines were unreadable."""
        missing = [position for position, line in enumerate(self._line) if not line]
        if self.report.counts.keys() & {"TOO_MANY_ROWS"}:
            return
        if len(missing) == self.expected.rows and not self.report.counts:
            self.report.add("NO_ROWS")
            return
        for position in missing[:3]:
            self.report.add("ID_MISSING", None, self.expected.id_strings[position])
        if len(missing) > 3:
            self.report.add_many("ID_MISSING", len(missing) - 3)

    def in_file_order(self) -> bool:
        """Whether the rows stand in the order of the sample submission."""
        return all(a < b for a, b in zip(self._line, self._line[1:], strict=False))
