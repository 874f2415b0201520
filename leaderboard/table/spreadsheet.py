"""Write CSV that a spreadsheet may open: text stays text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

# A spreadsheet runs a cell that begins with one of these (the wide ones too), also behind a ; if that separates cells.
_FORMULA = re.compile(r"(^|[;\t\r\n])(\s*)(?=[=+\-@＝＋－＠])|^(?=[\t\r])")


def write_csv(file: Any, rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """CSV with LF line ends; times in ISO 8601 with offset; an apostrophe before what looks like a formula."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_inert(row[name]) for name in columns] for row in rows)


def _inert(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return _FORMULA.sub(_quoted, value) if isinstance(value, str) else value


def _quoted(found: re.Match[str]) -> str:
    return f"{found[0]}'"
