"""A progress bar in a notebook, by the notebook's own display: no widgets need to be installed."""

import html
import sys
import time

# Each update is a message to the browser.
SECONDS = 0.5


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    shell = sys.modules.get("IPython")
    current = shell.get_ipython() if shell is not None else None
    return current is not None and hasattr(current, "kernel")


class NotebookBar:
    """A bar below the cell, from `done` to `total`; at the end it stays, with the time that it took."""

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        from IPython.display import HTML, display

        self.title, self.total, self.done = title, total, done
        self.as_html, self.started, self.shown = HTML, time.monotonic(), time.monotonic()
        self.handle = display(HTML(self.text()), display_id=True)

    def text(self) -> str:
        """The bar as HTML."""
        seconds = time.monotonic() - self.started
        state = f"{html.escape(self.title)}: {self.done:,} of {self.total:,}, {seconds:,.0f} s"
        return f'<label><progress value="{self.done}" max="{self.total}"></progress> {state}</label>'

    def update(self, done: int) -> None:
        """Move the bar to `done`; it is drawn a few times a second at most."""
        self.done = done
        if time.monotonic() - self.shown > SECONDS:
            self.draw()

    def draw(self) -> None:
        """Send the bar to the browser."""
        self.shown = time.monotonic()
        self.handle.update(self.as_html(self.text()))
