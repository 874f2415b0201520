"""Rows of an id and one probability a class; the class scored is the most probable one."""

from __future__ import annotations

import re

import numpy as np

from leaderboard.submission.expected import Expected
from leaderboard.submission.ids import IdColumn
from leaderboard.submission.problems import Report

SUM_TOLERANCE = 1e-3
# float32 rounds a mean of softmaxes to 1.0000001, and a difference to -1e-9.
ROUNDING = 1e-6
# Each digit can match in one place only: a field of a thousand digits costs no more than its length.
_DECIMAL = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


class ProbabilityRows:
    """Collects rows x classes float64; ties for the most probable class go to the class listed first."""

    def __init__(self, expected: Expected, report: Report) -> None:
        self.report = report
        self.ids = IdColumn(expected, report)
        self._values = np.zeros((expected.rows, len(expected.classes)))

    def take(self, number: int, fields: list[str]) -> None:
        """Check one row: its id, each number, and their sum."""
        position = self.ids.take(number, fields[0])
        read = [self._number(number, field) for field in fields[1:]]
        values = [value for value in read if value is not None]
        if len(values) < len(read):
            return
        total = sum(values)
        if abs(total - 1) > SUM_TOLERANCE:
            self.report.add("PROBABILITY_SUM", number, f"{total:.6g}")
        elif position is not None:
            self._values[position] = values

    def _number(self, number: int, field: str) -> float | None:
        if not _DECIMAL.fullmatch(field):
            self.report.add("PROBABILITY_FORM", number, field)
            return None
        value = float(field)
        if not -ROUNDING <= value <= 1 + ROUNDING:
            self.report.add("PROBABILITY_RANGE", number, field)
            return None
        return min(max(value, 0.0), 1.0)

    def finish(self) -> None:
        self.ids.finish()
        if self.report.valid:
            self.report.probabilities = self._values
            self.report.accept(self._values.argmax(axis=1).astype(np.int16), self.ids.in_file_order())
            self.report.notes.append("probabilities: the most probable class is scored, the first one on a tie")
