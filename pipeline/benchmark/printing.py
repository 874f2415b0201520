"""How every benchmark prints: tables on standard output, and a progress bar on standard error while one is measured."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from pipeline.core.progress import progress

# Columns of a table in a file or a pipe.
WIDTH = 120


def console() -> Console:
    """Standard output, without breaking long lines or colouring numbers."""
    return Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def new_table(title: str, *headings: str) -> Table:
    """A table whose first column is text and whose others are figures."""
    table = Table(title=title, title_justify="left", caption_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table


def measured_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], count: int) -> Table:
    """A table of `count` rows, each of which is measured when it is asked for."""
    table = new_table(title, *headings)
    with progress(title, count) as advance:
        for row in rows:
            table.add_row(*row)
            advance(1)
    return table
