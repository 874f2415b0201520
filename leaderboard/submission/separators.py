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
        is_quoted = np.array(['"' in line for line in lines])
        quoted = _split_quoted([line for line in lines if '"' in line])
        words = ["" if '"' in line else _INSIDE_NO_WORD.join(line.split()) for line in lines]
        for row, joined in zip(np.flatnonzero(is_quoted).tolist(), quoted or (), strict=False):
            words[row] = joined
        found = split_lines(words, _INSIDE_NO_WORD)
        if quoted is None:
            found.unclear |= is_quoted
        return found
    found = split_lines(lines, separator)
    texts = found.texts(found.is_quoted, 0, 1)
    if not _SEPARATOR.search("\n".join(texts)):
        return found
    lines = list(lines)
    for row, text in zip(np.flatnonzero(found.is_quoted).tolist(), texts, strict=True):
        if "," in text or ";" in text or "\t" in text or "|" in text:
            lines[row] = text
    return split_lines(lines, separator)


def _split_quoted(lines: list[str]) -> list[str] | None:
    """The words of each line with quotes, joined by `_INSIDE_NO_WORD`; None if quotes are broken or within a word."""
    text = "".join(lines)
    try:
        bare = [_unwrap(line).strip() for line in lines] if _SEPARATOR.search(text) else map(str.strip, lines)
        reader = csv.reader(bare, delimiter=" ", strict=True, skipinitialspace=True)
        rows = list(map(_INSIDE_NO_WORD.join, reader))
    except csv.Error:
        return None
    has_words = len(rows) == len(lines) and '"' not in "".join(rows) and _INSIDE_NO_WORD not in text
    return rows if has_words else None


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
    """A guess at the fields of a line with broken quotes."""
    return [field.strip(' "') for field in line[:1000].split(separator)]


def find_in_broken(lines: list[str], separator: str, place: int) -> list[str]:
    """A guess at one field of each line that is too long or has broken quotes, where there is one."""
    starts = [line[:1000] for line in lines]
    return [line.split(separator, place + 1)[place].strip(' "') for line in starts if line.count(separator) >= place]
