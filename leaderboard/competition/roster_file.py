"""A roster: a CSV with the name, student id, e-mail and team of each student."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leaderboard.core.errors import LeaderboardError

COLUMNS = ("name", "student id", "e-mail", "team")
LONGEST = 200
MOST_BYTES = 10_000_000
_KEYS = {"name": "name", "studentid": "student_id", "email": "email", "team": "team"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

# The line and what is wrong with it.
Problem = tuple[int, str]


@dataclass(frozen=True)
class Row:
    """One student, as in the file, in Unicode normal form (NFC)."""

    line: int
    name: str
    student_id: str
    email: str
    team: str


def read_roster(path: Path) -> tuple[list[Row], list[Problem]]:
    """The rows, and what is wrong with them. Raises LeaderboardError if the file has no rows that can be read.

    Team names are checked later, when the roster is imported.
    """
    reader = csv.reader(io.StringIO(text := _text(path), newline=""), delimiter=_separator(text), strict=True)
    rows, problems = [], []
    try:
        keys = _keys(path, next(reader, []))
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if len(fields) != len(keys):
                text = f"{len(fields)} fields, not {len(keys)}: {','.join(fields)[:80]!r}"
                problems.append((reader.line_num, text))
                continue
            values = (unicodedata.normalize("NFC", field).strip() for field in fields)
            rows.append(Row(line=reader.line_num, **dict(zip(keys, values, strict=True))))
    except csv.Error as error:
        raise LeaderboardError(f"{path} line {reader.line_num} is not CSV: {error}") from None
    if not rows and not problems:
        raise LeaderboardError(f"{path} has a header and no students: write one line per student below it")
    problems += [problem for row in rows for problem in _row_problems(row)]
    return rows, [*problems, *_repeated_values(rows)]


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > MOST_BYTES:
            raise LeaderboardError(f"{path} has {len(data):,} bytes: a roster has at most {MOST_BYTES:,}")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise LeaderboardError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LeaderboardError(f"{path} is not UTF-8: save it as CSV UTF-8") from None


def _separator(text: str) -> str:
    """Spreadsheets in many languages write semicolons. No column name contains a separator."""
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _keys(path: Path, header: list[str]) -> list[str]:
    plain = [re.sub(r"[\s_-]", "", field).casefold() for field in header]
    if sorted(plain) != sorted(_KEYS):
        shown = ",".join(header)[:80]
        raise LeaderboardError(f"{path}: the first line is {shown!r}; it must have the columns {','.join(COLUMNS)}")
    return [_KEYS[name] for name in plain]


def _row_problems(row: Row) -> Iterator[Problem]:
    for column, value in zip(COLUMNS, (row.name, row.student_id, row.email), strict=False):
        if not value:
            yield row.line, f"the {column} is empty"
        elif len(value) > LONGEST or not value.isprintable():
            yield row.line, f"the {column} {value[:40]!a} must be 1 to {LONGEST} printable characters"
    if row.email and not _EMAIL.fullmatch(row.email):
        yield row.line, f"{row.email[:60]!r} is not an e-mail address"


def _repeated_values(rows: list[Row]) -> Iterator[Problem]:
    """Student ids and e-mails that are on more than one line."""
    for column, key in (("student id", "student_id"), ("e-mail", "email")):
        first: dict[str, int] = {}
        for row in rows:
            value = getattr(row, key)
            if value and first.setdefault(value.casefold(), row.line) != row.line:
                yield row.line, f"the {column} {value!r} is on line {first[value.casefold()]} already"
