"""Find the separator of the columns, and split a line into fields."""

from __future__ import annotations

import csv
import re

NAMES = {";": "semicolons", "\t": "tabs", "|": "bars", ":": "colons", " ": "blanks"}
_QUOTED = re.compile(r'"[^"]*"')


def find_separator(lines: list[str]) -> str:
    """The separator of these lines: a comma, unless all lines have another one."""
    bare = [_QUOTED.sub("q", _unwrapped(line).strip()) for line in lines]
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


def split(line: str, separator: str) -> list[str] | None:
    """The fields of a line; None if its quotes are broken."""
    if line.count('"') == 1 and (line[0] == '"' or f'{separator}"' in line):
        return None
    if '"' not in line:
        return line.split() if separator == " " else line.split(separator)
    line = _unwrapped(line)
    try:
        blank = separator == " "
        reader = csv.reader([line.strip() if blank else line], delimiter=separator, strict=True, skipinitialspace=blank)
        return next(reader)
    except (csv.Error, StopIteration):
        return None


def is_wrapped(line: str) -> bool:
    """Whether the whole line is one quoted field that holds a line of CSV, as Excel writes text in one column."""
    return len(line) > 2 and line[0] == line[-1] == '"' and _unwrapped(line) != line


def _unwrapped(line: str) -> str:
    if not (len(line) > 2 and line.startswith('"') and line.endswith('"')):
        return line
    inner = line[1:-1]
    # Inside a quoted field, quotes are doubled. A single one means that the line has several fields.
    return inner.replace('""', '"') if '"' not in inner.replace('""', "") and re.search(r"[,;\t|]", inner) else line


def fields_of_broken(line: str, separator: str) -> list[str]:
    """A guess at the fields of a line that is too long or has broken quotes, only to find its id."""
    return [field.strip(' "') for field in line[:1000].split(separator)]
