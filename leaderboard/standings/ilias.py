"""Points for ILIAS: they are filled into the status file of an exercise as ILIAS wrote it.

Without a plugin ILIAS cannot import marks. The plugin ExerciseStatusFile can: its Multi-Feedback download contains
status.csv, with ILIAS's own numbers of the students. It imports the rows in which the column `update` is 1.
Source: classes/class.ilPluginExAssignmentStatusFile.php of github.com/ilifau/ExerciseStatusFile
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.gradebook import Grade, format_points

_END = ("status", "mark", "notice", "comment", "plagiarism", "plag_comment")
MEMBERS = ("update", "usr_id", "login", "lastname", "firstname", *_END)
TEAMS = ("update", "team_id", "logins", *_END)
MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class FilledFile:
    """The new text; the number of rows to update; logins without a student; students without a row."""

    text: str
    updated: int
    unknown: list[str]
    missing: list[Grade]


def fill_status_file(path: Path, grades: Sequence[Grade], passed_from: float | None) -> FilledFile:
    """Write the points into the column `mark` of a status file; with `passed_from` (points) also the status.

    A login matches a student if it is the student id, the e-mail address or the part before its @, in any case. Rows
    without a matching student, or with a team without points, stay unchanged. Raises LeaderboardError.
    """
    rows, separator = _read(path)
    by_login = _by_login(grades)
    column = "logins" if "logins" in rows[0] else "login"
    updated, unknown, seen = 0, [], set()
    for row in rows:
        logins = [login.strip() for login in row[column].split(",") if login.strip()]
        found = [by_login[login.casefold()] for login in logins if login.casefold() in by_login]
        unknown += [login for login in logins if login.casefold() not in by_login]
        seen |= {grade.student_id for grade in found}
        points = _of_row(path, row[column], found)
        row["update"] = "0" if points is None else "1"
        if points is not None:
            updated += 1
            row["mark"] = format_points(points)
            if passed_from is not None:
                row["status"] = "passed" if points >= passed_from else "failed"
    missing = [grade for grade in grades if grade.student_id not in seen]
    return FilledFile(_text(rows, separator), updated, unknown, missing)


def _read(path: Path) -> tuple[list[dict[str, str]], str]:
    if path.suffix.casefold() in (".xlsx", ".xls"):
        raise LeaderboardError(f"{path} is a workbook: use the file status.csv beside it")
    if path.stat().st_size > MOST_BYTES:
        raise LeaderboardError(f"{path} is larger than {MOST_BYTES:,} bytes: is it the status file?")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise LeaderboardError(f"{path} is not UTF-8: use status.csv as ILIAS wrote it") from None
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:  # such as a cell of more than 131,072 characters
        raise LeaderboardError(f"{path} is not a CSV file ({error}): use status.csv as ILIAS wrote it") from None
    header = tuple(lines[0]) if lines else ()
    if header not in (MEMBERS, TEAMS):
        raise LeaderboardError(f"{path} does not begin with {','.join(MEMBERS)}: use status.csv as ILIAS wrote it")
    rows = [dict(zip(header, line, strict=False)) for line in lines[1:] if any(line)]
    if not rows or any(len(row) != len(header) for row in rows):
        raise LeaderboardError(f"{path} has no rows, or a row with too few columns: use status.csv as ILIAS wrote it")
    return rows, separator


def _by_login(grades: Sequence[Grade]) -> dict[str, Grade]:
    """Students by login; a login that matches two students is left out."""
    out: dict[str, Grade] = {}
    twice = set()
    for grade in grades:
        for name in {grade.student_id.casefold(), grade.email.casefold(), grade.email.partition("@")[0].casefold()}:
            if name in out:
                twice.add(name)
            out[name] = grade
    return {name: grade for name, grade in out.items() if name not in twice}


def _of_row(path: Path, logins: str, found: Sequence[Grade]) -> float | None:
    points = {grade.points for grade in found} - {None}
    if len(points) > 1:
        amounts = ", ".join(format_points(value) for value in sorted(value for value in points if value is not None))
        raise LeaderboardError(
            f"{path}: {logins!r} are one team in ILIAS but not here, with {amounts} points: change the teams in ILIAS"
        )
    return points.pop() if points else None


def _text(rows: Sequence[dict[str, str]], separator: str) -> str:
    """The rows as CSV. The other cells are unchanged, so that a comment returns to ILIAS as it was."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
