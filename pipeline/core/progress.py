"""A progress bar on stderr for work that takes more than a moment."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.core.notebook import NotebookBar, in_notebook


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar while the block runs, and yield the function that advances it; nothing in a file or pipe."""
    if in_notebook():
        bar = NotebookBar(description, total)
        yield lambda count: bar.update(bar.done + count)
        bar.draw()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bars:
        task = bars.add_task(description, total=total)
        yield lambda count: bars.advance(task, count)
