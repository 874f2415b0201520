"""The ways to write an id: 1, 0001, 1.0, 1e0, 1.png and test/1.png are the same image."""

from __future__ import annotations

import math
import re

import numpy as np

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_EXTENSION = re.compile(r"\.(png|jpe?g|bmp|gif|tiff?|webp|npy|csv|txt)$", re.IGNORECASE)
_PREFIX = re.compile(r"(?:test|images?|img|id|sample)?[ _#-]*(?=\d)", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+", re.ASCII)
_NO_GROUPS = str.maketrans("", "", ".,' ")
_NUMERIC = frozenset("+-.0123456789")
_LONGEST = 80
# A line that is not a number of at most 15 digits. A float represents such a number exactly.
_OTHER_THAN_SHORT_NUMBER = re.compile(
    r"^(?![+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,3})?$)", re.ASCII | re.MULTILINE
)


def form_key(value: str) -> str:
    """A key that is the same for all ways to write an id: a number without leading zeros, if the id contains one.

    Called for every id of a wrong file. So, for speed, each test runs only if it can succeed.
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


def form_keys(values: list[str]) -> list[str]:
    """The key of each value. If all of them are numbers, they are converted together, which is faster."""
    text = "\n".join(values)
    if not text.isascii():
        text = text.translate(_VISIBLE_CHARACTERS)
    rest = text.encode().translate(None, b"0123456789\n") if text.isascii() else b"other"
    if rest and not rest.strip(b","):  # 1,234 keeps its comma here; `remove_thousands_separators` reads it
        return [value if "," in value else form_key(value) for value in values]
    is_number = not rest.translate(None, b"+-.eE")
    if not is_number or text.count("\n") != len(values) - 1 or max(map(len, values)) > _LONGEST:
        return [form_key(value) for value in values]
    if _OTHER_THAN_SHORT_NUMBER.search(text):
        return [form_key(value) for value in values]
    numbers = np.fromstring(text, sep="\n")
    keys = list(map(str, np.clip(numbers, -(2.0**53), 2.0**53).astype(np.int64).tolist()))
    for row in np.flatnonzero((numbers != np.floor(numbers)) | (np.abs(numbers) >= 2.0**53)):
        keys[row] = form_key(values[row])
    return keys


def _integer(text: str) -> str:
    number = float(text)
    return str(int(number)) if math.isfinite(number) and number.is_integer() and abs(number) < 2**53 else text


def remove_thousands_separators(value: str) -> str | None:
    """1000 for 1,000 or 1.000; None for any other text."""
    clean = visible(value)
    return clean.translate(_NO_GROUPS) if clean[:1].isdigit() and _THOUSANDS.fullmatch(clean) else None


class _VisibleCharacters(dict[int, int | None]):
    """A table for str.translate that deletes invisible characters, but not line ends."""

    def __missing__(self, character: int) -> int | None:
        self[character] = character if chr(character).isprintable() or character == 10 else None
        return self[character]


_VISIBLE_CHARACTERS = _VisibleCharacters()


def visible(value: str) -> str:
    """The text without blanks at its ends and without invisible characters."""
    if not value.isprintable():
        value = value.replace("\n", "").translate(_VISIBLE_CHARACTERS)
    return value.strip()


def escape_non_ascii(value: str) -> str:
    """The text with letters outside ASCII as escapes: a Cyrillic letter can look like a Latin one."""
    return value if value.isascii() else value[:100].encode("ascii", "backslashreplace").decode()
