"""Make untrusted text safe to print on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with control and invisible characters escaped (\\x1b): a terminal would act on them."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
