"""Print rows as a table for people, or as CSV or JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from leaderboard.table.spreadsheet import write_csv

FORMATS = ("table", "csv", "json")


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Iterable[str], form: str) -> None:
    """Print the named columns of the rows; floats with four decimals in the table."""
    picked = [{name: row[name] for name in columns} for row in rows]
    if form == "json":
        print_json(picked)
    elif form == "csv":
        write_csv(sys.stdout, picked, columns)
    else:
        _print_table(picked, list(columns))


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=datetime.isoformat))


def _print_table(rows: list[dict[str, Any]], columns: list[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        numbers = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(name, justify="right" if rows and numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[name])) for name in columns))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
