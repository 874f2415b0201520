"""The lines of the table; other lines above and below it are skipped and reported."""

from __future__ import annotations

import re

from leaderboard.submission.expected import Expected
from leaderboard.submission.problems import Report

# A line of only these characters is an empty row, as Excel writes it below a table.
NOTHING = ' ,;\t|"'
_SPARE_LINES = 1000
_EXCEL_SEPARATOR = re.compile(r'"?sep=(.|\\t)"?[ ,;\t]*', re.IGNORECASE)


def table_lines(text: str, expected: Expected, report: Report) -> tuple[list[str], int]:
    """The lines from the header on, not many more than there are ids, and the line number of the header."""
    lines = _limit_lines(_without_empty_end(text, report), expected, report)
    start = 0
    while start < len(lines):
        if _EXCEL_SEPARATOR.fullmatch(lines[start]):
            report.add("SEP_LINE", start + 1, lines[start])
        elif lines[start].strip(NOTHING):
            break
        else:
            report.add("BLANK_LINE", start + 1)
        start += 1
    return lines[start:], start + 1


def _without_empty_end(text: str, report: Report) -> str:
    end = text.find("\n", len(text.rstrip(NOTHING + "\n")))
    if end < 0:
        return text
    rest = text[end + 1 :]
    count = rest.count("\n") + bool(rest and not rest.endswith("\n"))
    if count:
        report.notes.append(
            f"{count:,} empty lines at the end were skipped" if count > 1 else "an empty line at the end was skipped"
        )
    return text[:end]


def _limit_lines(text: str, expected: Expected, report: Report) -> list[str]:
    limit = expected.rows + _SPARE_LINES
    lines = text.split("\n", limit)
    if len(lines) > limit:
        lines.pop()
        report.add("TOO_MANY_ROWS", None, f"{text.count(chr(10)) + 1:,} lines", f"{expected.rows:,}")
    return lines
