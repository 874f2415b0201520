"""Find the separator of the columns, and split a line into fields."""

from __future__ import annotations

import csv
import re

import numpy as np

NAMES = {";": "semicolons", "\t": "tabs", "|": "bars", ":": "colons", " ": "blanks"}
_QUOTED = re.compile(r'"[^"]*"')
# The CSV reader does not read a longer field.
_CSV_LIMIT = 131_072
_SEPARATOR = re.compile(r"[,;\t|]")


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
        if '"' not in line and self.separator != " " and len(line) < _CSV_LIMIT:
            return line.split(self.separator)
        self._line = line.strip() if self.separator == " " else line
        try:
            return next(self._reader)
        except (csv.Error, StopIteration):
            return None


def split_all(lines: list[str], separator: str, columns: int) -> list[list[str]] | None:
    """The columns of all lines at once; None if a line has the wrong number of fields, or quotes inside a field."""
    if is_wrapped(lines[0]) and is_wrapped(lines[-1]):
        lines = list(map(_unwrap, lines))
    data = "\n".join(lines).encode()
    buffer = np.frombuffer(data, np.uint8)
    is_quote, is_newline = buffer == ord('"'), buffer == ord("\n")
    is_inside = np.bitwise_and(np.cumsum(is_quote, dtype=np.uint8), 1).view(bool)
    is_end = ((buffer == ord(separator)) & ~is_inside) | is_newline
    quotes, ends = np.flatnonzero(is_quote), np.flatnonzero(is_end)
    before, after = quotes[::2] - 1, quotes[1::2] + 1
    if (
        len(quotes) % 2
        or len(ends) != len(lines) * columns - 1
        or not is_newline[ends[columns - 1 :: columns]].all()
        or not is_end[before[before >= 0]].all()
        or not is_end[after[after < len(data)]].all()
        or (is_newline & is_inside).any()
    ):
        return None
    fields = np.where(is_end, np.uint8(ord("\n")), buffer)[~is_quote].tobytes().decode().split("\n")
    return [fields[column::columns] for column in range(columns)]


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


def fields_of_broken(line: str, separator: str) -> list[str]:
    """A guess at the fields of a line that is too long or has broken quotes, only to find its id."""
    return [field.strip(' "') for field in line[:1000].split(separator)]
