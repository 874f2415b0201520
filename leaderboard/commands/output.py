"""Print rows as a table for people, or as CSV or JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from leaderboard.table.spreadsheet import write_csv

FORMATS = ("table", "csv", "json")
# Text that is useless if it is cut.
WHOLE = frozenset(("token", "date", "until", "given", "revoked", "event", "sha256", "page", "resets", "granted_until"))
EVER = 10**6


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Iterable[str], form: str) -> None:
    """Print the named columns of the rows; floats with four decimals in the table, or more to tell them apart.

    A table fits the width of the terminal: see column_widths.py. In a pipe or a file its width has no limit.
    """
    picked = [{name: row[name] for name in columns} for row in rows]
    if form == "json":
        print_json(picked)
    elif form == "csv":
        write_csv(sys.stdout, picked, columns)
    else:
        _print_table(picked, list(columns), _terminal_width())


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=datetime.isoformat))


def _terminal_width() -> int:
    """Cells in a line of the terminal (COLUMNS wins, as elsewhere); without a terminal the width has no limit."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or EVER
    except (OSError, ValueError):
        return EVER


def _print_table(rows: list[dict[str, Any]], columns: list[str], width: int) -> None:
    import textwrap

    from rich.cells import cell_len

    from leaderboard.commands.column_widths import PROSE, fit

    texts = {name: _texts([row[name] for row in rows]) for name in columns}
    rigid = {name for name in columns if name in WHOLE - PROSE or not any(isinstance(r[name], str) for r in rows)}
    sizes = {name: [cell_len(name), *map(cell_len, texts[name])] for name in columns}
    fitted = fit(sizes, frozenset(rigid), width)
    alone = len(rows) == 1 and (fitted is None or fitted.dropped or _is_cut(sizes, fitted.widths))
    if fitted is None or alone:
        _print_records(texts, width)
        return
    right = {name for name in columns if all(isinstance(row[name], int | float | None) for row in rows)}
    _print_columns({name: texts[name] for name in fitted.widths}, fitted.widths, right if rows else set())
    if fitted.dropped or _is_cut(sizes, fitted.widths, PROSE):
        gone = f"Left out: {', '.join(fitted.dropped)}. " if fitted.dropped else ""
        print(textwrap.fill(f"{gone}--format csv has everything in full.", max(20, width)))


def _is_cut(sizes: Mapping[str, list[int]], widths: Mapping[str, int], but: frozenset[str] = frozenset()) -> bool:
    return any(max(sizes[name]) > width for name, width in widths.items() if name not in but)


def _print_columns(texts: Mapping[str, list[str]], widths: Mapping[str, int], right: set[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from leaderboard.commands.column_widths import PROSE

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name, width in widths.items():
        wraps = name in PROSE
        table.add_column(
            name,
            justify="right" if name in right else "left",
            width=width,
            no_wrap=not wraps,
            overflow="fold" if wraps else "ellipsis",
        )
    for cells in zip(*texts.values(), strict=True):
        table.add_row(*map(Text, cells))
    # Print each cell in full, whatever width rich assumes for the terminal.
    Console(highlight=False, width=sum(widths.values()) + 3 * len(widths)).print(table)


def _print_records(texts: Mapping[str, list[str]], width: int) -> None:
    """Print each row as lines of a name and its value, if one line has no room for the columns that must stay."""
    import textwrap

    indent = max(map(len, texts)) + 2
    for number, cells in enumerate(zip(*texts.values(), strict=True)):
        if number:
            print()
        for name, text in zip(texts, cells, strict=True):
            lines = textwrap.wrap(text, max(12, width - indent), break_long_words=False, break_on_hyphens=False)
            print(f"{name:{indent}}" + f"\n{'':{indent}}".join(lines or [""]))


def _texts(values: list[Any]) -> list[str]:
    """The cells of a column; numbers that differ look different."""
    from leaderboard.scoring.score import distinguishing_decimals

    digits = distinguishing_decimals((value for value in values if isinstance(value, float)), least=4)
    return [_cell(value, digits) for value in values]


def _cell(value: Any, digits: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M %Z")
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
