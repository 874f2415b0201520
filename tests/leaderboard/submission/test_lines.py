"""The lines of a file: how many are read."""

from __future__ import annotations

import pytest

from leaderboard.submission import Expected, Report, validate_bytes
from leaderboard.table import words

EXPECTED = Expected(words.encode([str(number) for number in range(30)]), ("cat", "dog"))


def judged(lines: int) -> Report:
    return validate_bytes(b"id,label\n" + b"x,cat\n" * (lines - 1), EXPECTED)


@pytest.mark.parametrize(("lines", "are_too_many"), [(1030, False), (1031, True)])
def test_a_thousand_lines_more_than_ids_are_read(lines: int, are_too_many: bool) -> None:
    report = judged(lines)
    assert ("TOO_MANY_ROWS" in report.counts) == are_too_many
    # One of the lines that are read is the header.
    assert report.counts["ID_UNKNOWN"] == 1029


def test_the_lines_of_a_file_that_is_too_long_are_counted() -> None:
    assert judged(1234).problems[0].value == "'1,234 lines'"
