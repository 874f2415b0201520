"""The ways in which one id is written: 1, 0001, 1.0, 1e0, 1.png and test/1.png are one image."""

from __future__ import annotations

import math
import re

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_EXTENSION = re.compile(r"\.(png|jpe?g|bmp|gif|tiff?|webp|npy|csv|txt)$", re.IGNORECASE)
_PREFIX = re.compile(r"(?:test|images?|img|id|sample)?[ _#-]*(?=\d)", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+", re.ASCII)
_NUMERIC = frozenset("+-.0123456789")
_LONGEST = 80


def form_key(value: str) -> str:
    """The same text for all ways to write one id: a number without leading zeros if it has one.

    Called for every id of a wrong file: each test runs only if it can succeed.
    """
    head, _, tail = value.partition(".")
    if value.isascii() and head.isdigit() and (not tail.strip("0") or tail == "png"):
        return head.lstrip("0") or "0"
    if len(value) > _LONGEST:
        return value
    clean = visible(value).strip("'\"`[]()")
    if "/" in clean or "\\" in clean:
        clean = clean.replace("\\", "/").rpartition("/")[2]
    if "." in clean:
        clean = _EXTENSION.sub("", clean)
    if clean[:1] in _NUMERIC and NUMBER.fullmatch(clean):
        return _integer(clean)
    stem = _PREFIX.sub("", clean, count=1) if clean[-1:].isdigit() else ""
    return (stem.lstrip("0") or "0") if stem.isascii() and stem.isdigit() else clean.casefold()


def _integer(text: str) -> str:
    number = float(text)
    return str(int(number)) if math.isfinite(number) and number.is_integer() and abs(number) < 2**53 else text


def without_thousands(value: str) -> str | None:
    """1,000 and 1.000 as 1000; None for any other text."""
    clean = visible(value)
    return re.sub(r"\D", "", clean) if clean[:1].isdigit() and _THOUSANDS.fullmatch(clean) else None


def visible(value: str) -> str:
    """Without blanks at the ends and without characters that do not show."""
    return (value if value.isprintable() else "".join(c for c in value if c.isprintable())).strip()


def escaped(value: str) -> str:
    """Letters outside ASCII as escapes: a Cyrillic letter looks like the Latin one that was meant."""
    return value if value.isascii() else value[:100].encode("ascii", "backslashreplace").decode()
