"""Find the separator of the columns, and split a line into fields."""

from __future__ import annotations

import csv
import re

import numpy as np

from leaderboard.submission.splitting import Split, split_lines

NAMES = {";": "semicolons", "\t": "tabs", "|": "bars", ":": "colons", " ": "blanks"}
_QUOTED = re.compile(r'"[^"]*"')
# The CSV reader does not read a longer field.
CSV_LIMIT = 131_072
_SEPARATOR = re.compile(r"[,;\t|]")
# A blank for `str.split`, so that no word contains it.
_INSIDE_NO_WORD = "\x1f"


def find_separator(lines: list[str]) -> str:
    """The separator of these lines: a comma, unless all lines have another one."""
    bare = [_QUOTED.sub("q", _unwrap(line).strip()) for line in lines]
    if not bare:
        return ","
    for separator in (";", "\t", "|"):
        if all(separator in line for line in bare):
            return separator
    if any("," in line for line in bare):
        return ","
    if all(":" in line for line in bare):
        return ":"
    return " " if all(len(line.split()) > 1 for line in bare) else ","


class Splitter:
    """Splits lines by one separator."""

    def __init__(self, separator: str) -> None:
        self.separator, self._quote = separator, f'{separator}"'
        self._line: str | None = None
        self._reader = csv.reader(self, delimiter=separator, strict=True, skipinitialspace=separator == " ")

    def __iter__(self) -> Splitter:
        return self

    def __next__(self) -> str:
        """The line for the CSV reader, and then its end: a quoted field cannot continue on the next line."""
        line, self._line = self._line, None
        if line is None:
            raise StopIteration
        return line

    def split(self, line: str) -> list[str] | None:
        """The fields of a line; None if its quotes are broken."""
        if '"' not in line:
            return line.split() if self.separator == " " else line.split(self.separator)
        if line.count('"') == 1 and (line[0] == '"' or self._quote in line):
            return None
        line = _unwrap(line)
        if '"' not in line and self.separator != " " and len(line) < CSV_LIMIT:
            return line.split(self.separator)
        self._line = line.strip() if self.separator == " " else line
        try:
            return next(self._reader)
        except (csv.Error, StopIteration):
            return None


def split_all(lines: list[str], separator: str) -> Split:
    """The lines split as `Splitter.split` does, all at once, but for those that are marked as unclear."""
    if separator == " ":
        words = ["" if '"' in line else _INSIDE_NO_WORD.join(line.split()) for line in lines]
        found = split_lines(words, _INSIDE_NO_WORD)
        found.unclear |= np.array(['"' in line for line in lines])
        return found
    found = split_lines(lines, separator)
    single = np.flatnonzero(found.has_fields & (found.counts == 1)).tolist()
    unwrapped = {row: text for row in single if (text := _unwrap(lines[row])) != lines[row]}
    return split_lines([unwrapped.get(row, line) for row, line in enumerate(lines)], separator) if unwrapped else found


def split(line: str, separator: str) -> list[str] | None:
    """The fields of a line; None if its quotes are broken."""
    return Splitter(separator).split(line)


def is_wrapped(line: str) -> bool:
    """Whether the whole line is one quoted field that holds a line of CSV, as Excel writes text in one column."""
    return len(line) > 2 and line[0] == line[-1] == '"' and _unwrap(line) != line


def _unwrap(line: str) -> str:
    if not (len(line) > 2 and line.startswith('"') and line.endswith('"')):
        return line
    inner = line[1:-1]
    # Inside a quoted field, quotes are doubled. A single one means that the line has several fields.
    return inner.replace('""', '"') if '"' not in inner.replace('""', "") and _SEPARATOR.search(inner) else line


def fields_of_broken(line: str, separator: str, most: int = -1) -> list[str]:
    """A guess at the fields of a line that is too long or has broken quotes, only to find its id.

    `most`: how many fields are needed; -1 for all.
    """
    return [field.strip(' "') for field in line[:1000].split(separator, most)]
