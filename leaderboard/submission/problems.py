"""The catalogue of problems of a submission, and the report that lists all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from leaderboard.core import text

EXAMPLES_SHOWN = 3
VALUE_SHOWN = 40

# code: (what is wrong, what to do). `Problem.fix` fills in "{hint}".
CATALOGUE: dict[str, tuple[str, str]] = {
    "NOT_A_FILE": ("it is not a regular file", "send the CSV file itself"),
    "SYMLINK": ("it is a symbolic link", "send the file it points to"),
    "NOT_READABLE": ("it cannot be read", "check its permissions: {hint}"),
    "TOO_LARGE": ("the file is larger than allowed", "write one line per id; the limit is {hint}"),
    "EMPTY": ("the file is empty", "write the header id,label and one line per id"),
    "COMPRESSED": ("the file is compressed", "unpack it and send the CSV"),
    "BINARY": ("the file is not text", "write it as CSV, in UTF-8"),
    "UTF16": ("the text is UTF-16 or UTF-32", "save it as UTF-8"),
    "NOT_UTF8": ("a byte is not UTF-8", "save the file as UTF-8"),
    "NUL": ("there is a NUL byte", "write the file again as plain text"),
    "SEP_LINE": ("the line is an instruction to Excel, not the header", "delete it"),
    "SEPARATOR": ("the separator is not a comma", "separate the columns by commas, not by {hint}, in every line"),
    "QUOTED_LINES": ("the whole line is in quotes", "remove the quotes around every line"),
    "NO_HEADER": ("the first line is data, not the header", "add a first line above it: {hint}"),
    "HEADER_CASE": ("a column name has the wrong case", "make the first line exactly {hint}"),
    "HEADER_BLANKS": ("a column name has blanks around it", "make the first line exactly {hint}"),
    "HEADER_ORDER": (
        "the columns are in the wrong order",
        "put the id first and the label second in every line, below the first line id,label",
    ),
    "HEADER_NAME": ("a column has the wrong name", "make the first line exactly {hint}"),
    "INDEX_COLUMN": (
        "there is a row-number column",
        "delete it in every line, below {hint}; with pandas: to_csv(..., index=False), in R: row.names=FALSE",
    ),
    "EMPTY_COLUMNS": ("there are empty columns at the end of every line", "delete them ({hint}) in every line"),
    "EXTRA_COLUMN": ("there is an extra column", "{hint}"),
    "MISSING_COLUMN": ("a column is missing", "write the columns {hint}"),
    "DUPLICATE_COLUMN": ("a column appears twice", "keep one of the two, and {hint}"),
    "NO_ROWS": ("there is a header but no rows", "write one line per id"),
    "TOO_MANY_ROWS": ("there are far more lines than ids", "write one line per id: {hint} of them"),
    "BLANK_LINE": ("a line is blank", "delete it"),
    "FIELDS": ("a line has the wrong number of fields", "write exactly {hint}"),
    "LONG_LINE": ("a line is far too long", "write exactly {hint} on each line"),
    "QUOTES": ("the quotes are broken", "close every quote, or use none: ids and labels need none"),
    "ROW_OFF": (
        "the first or last line has an empty field: ids and labels may be one row off",
        "check that each label is in the line of its own id, and add what is missing: {hint}",
    ),
    "ID_SHIFTED": ("every id is off by the same number", "{hint}"),
    "ID_SCALED": ("every id is multiplied by the same number", "{hint}"),
    "ID_EMPTY": ("the id is empty", "write the id as in the sample submission"),
    "ID_BLANKS": ("the id has blanks or invisible characters", "write it as {hint}"),
    "ID_FORM": ("the id is not written as in the sample", "write it as {hint}"),
    "ID_UNKNOWN": (
        "the id is not in the sample submission",
        "keep exactly the ids of the sample submission: {hint}",
    ),
    "ID_TWICE": ("the id appeared before", "write each id once; it was first on line {hint}"),
    "ID_MISSING": ("the id has no line", "write one line for every id of the sample submission"),
    "LABEL_EMPTY": ("the label is empty or a missing value", "write {hint}"),
    "LABEL_BLANKS": ("the label has blanks or invisible characters", "write it as {hint}"),
    "LABEL_CASE": ("the label has the wrong case", "write it as {hint}"),
    "LABEL_NUMBER": ("the label is a number, not a class name", "write the class name, {hint}"),
    "LABEL_FORMULA": ("the label is a spreadsheet formula", "write {hint}"),
    "LABEL_UNKNOWN": ("the label is not a class", "write {hint}"),
    "DECIMAL_COMMA": ("the number has a decimal comma", "write decimal points, such as {hint}"),
    "PROBABILITY_FORM": ("the probability is not a plain decimal number", "write {hint}"),
    "PROBABILITY_RANGE": (
        "the probability is not between 0 and 1",
        "write {hint}",
    ),
    "PROBABILITY_SUM": ("the probabilities of a line do not add up to 1", "make the sum of each line 1, within {hint}"),
}


def printable(value: str, limit: int = VALUE_SHOWN) -> str:
    """The value in quotes, cut to `limit` characters, with control and invisible characters as \\u escapes."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in value[: limit + 1])
    return f"'{shown[:limit]}…'" if len(shown) > limit or len(value) > limit else f"'{shown}'"


@dataclass(frozen=True)
class Problem:
    """One problem: its code, the line number (from 1; None if it is not about a single line) and the value."""

    code: str
    line: int | None = None
    value: str | None = None
    hint: str = ""

    @property
    def what(self) -> str:
        return CATALOGUE[self.code][0]

    @property
    def fix(self) -> str:
        return CATALOGUE[self.code][1].replace("{hint}", self.hint)


@dataclass
class Report:
    """All problems and notes of one file.

    `codes` (int16, one per row of the sample submission, in its order) is set only for a valid file;
    `probabilities` (float64, rows x classes) only for a valid file that gives them.
    """

    problems: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    codes: np.ndarray | None = None
    probabilities: np.ndarray | None = None

    @property
    def valid(self) -> bool:
        return not self.counts

    def add(self, code: str, line: int | None = None, value: str | None = None, hint: str = "") -> None:
        """Count a problem, and keep the first ones of each code as examples."""
        seen = self.counts.get(code, 0)
        self.counts[code] = seen + 1
        if seen < EXAMPLES_SHOWN:
            self.problems.append(Problem(code, line, None if value is None else printable(value), text.printable(hint)))

    def add_many(self, code: str, count: int) -> None:
        """Count more problems of a code, without keeping examples."""
        self.counts[code] = self.counts.get(code, 0) + count

    def add_rows(self, rows: Mapping[str, np.ndarray], add: Callable[[str, int], None]) -> None:
        """Count the problem of each row; `rows`: for each code, its rows in their order.

        `add` is called with the code and the row of the first ones, in the order of the rows; it must add the problem.
        """
        shown = [(row, code) for code, found in rows.items() for row in found[:EXAMPLES_SHOWN].tolist()]
        for row, code in sorted(shown):
            add(code, row)
        for code, found in rows.items():
            if len(found) > EXAMPLES_SHOWN:
                self.add_many(code, len(found) - EXAMPLES_SHOWN)

    def accept(self, codes: np.ndarray, notes: list[str]) -> None:
        """Store the class codes (int16) of a valid file, and add notes."""
        self.codes = codes
        self.notes += notes

    def lines(self) -> list[str]:
        """One line per kept problem with code, line, what, value and fix; then the number of further ones per code."""
        out = []
        for code, count in self.counts.items():
            shown = [problem for problem in self.problems if problem.code == code]
            out += [_sentence(problem) for problem in shown]
            if count > len(shown):
                out.append(f"{code}: and {count - len(shown):,} more")
        return out

    def as_dict(self) -> dict:
        """The report as plain data, for JSON."""
        problems = [
            {"code": p.code, "line": p.line, "value": p.value, "what": p.what, "fix": p.fix} for p in self.problems
        ]
        return {"valid": self.valid, "problems": problems, "counts": self.counts, "notes": self.notes}


def _sentence(problem: Problem) -> str:
    where = "" if problem.line is None else f" line {problem.line:,}:"
    value = "" if problem.value is None else f": {problem.value}"
    return f"{problem.code}:{where} {problem.what}{value}; {problem.fix}"
