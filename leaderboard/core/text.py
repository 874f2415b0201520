"""Text of strangers on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with control and invisible characters written out (\\x1b): a terminal would obey them."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
