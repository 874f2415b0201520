"""Write CSV that a spreadsheet may open: text stays text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import Any

# A spreadsheet would run a cell that starts with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(file: Any, rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """CSV with LF line ends; text that a spreadsheet would take for a formula gets an apostrophe."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_inert(row[name]) for name in columns] for row in rows)


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
