"""The ways to write an id: 1, 0001, 1.0, 1e0, 1.png and test/1.png are the same image."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from functools import partial

import numpy as np

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_EXTENSION = re.compile(r"\.(png|jpe?g|bmp|gif|tiff?|webp|npy|csv|txt)$", re.IGNORECASE)
_PREFIX = re.compile(r"(?:test|images?|img|id|sample)?[ _#-]*(?=\d)", re.IGNORECASE)
_NUMERIC = frozenset("+-.0123456789")
_DIGITS = frozenset("0123456789")
LONGEST = 80
# A float represents every number with this many digits exactly.
_SHORT = 15
# A line that is not a number with at most 15 digits.
_OTHER_THAN_SHORT_NUMBER = re.compile(
    r"^(?![+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,3})?$)", re.ASCII | re.MULTILINE
)
_AS_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_ALL_BUT_DIGITS = bytes(byte for byte in range(256) if byte not in b"0123456789\n")
# Values are grouped by form if each form has at least this many values on average.
_PER_FORM = 50


def form_key(value: str) -> str:
    """A key that is the same for all ways to write an id: a number without leading zeros, if the id contains one.

    Called for every id of a wrong file. So, for speed, each test runs only if it can succeed.
    """
    head, _, tail = value.partition(".")
    if value.isascii() and head.isdigit() and (not tail.strip("0") or tail == "png"):
        return head.lstrip("0") or "0"
    if len(value) > LONGEST:
        return value
    clean = visible(value).strip("'\"`[]()")
    if "/" in clean or "\\" in clean:
        clean = clean.replace("\\", "/").rpartition("/")[2]
    if "." in clean:
        clean = _EXTENSION.sub("", clean)
    if clean[:1] in _NUMERIC and NUMBER.fullmatch(clean):
        return _integer(clean)
    prefix = _PREFIX.match(clean) if clean[-1:] in _DIGITS else None
    stem = clean[prefix.end() :] if prefix else ""
    return (stem.lstrip("0") or "0") if stem.isascii() and stem.isdigit() else clean.casefold()


def form_keys(values: list[str], shown: list[str]) -> list[str]:
    """The key of each value. Numbers, and values in few forms, are converted together, which is faster.

    `shown`: the result of `visible_values` for the values.
    """
    text = "\n".join(shown).encode()
    rest = text.translate(None, b"0123456789\n")
    if not rest and all(shown) and shown == values:
        return [value.lstrip("0") or "0" for value in shown]
    if not rest.translate(None, b"+-.eE") and max(map(len, values)) <= LONGEST:
        numbers = text.decode()
        if not _OTHER_THAN_SHORT_NUMBER.search(numbers):
            return _keys_of_numbers(numbers, shown)
    return _keys_by_form(text, values, shown)


def _keys_of_numbers(text: str, shown: list[str]) -> list[str]:
    """The keys of numbers with at most 15 digits, one per line of the text."""
    numbers = np.fromstring(text, sep="\n")
    keys = list(map(str, np.clip(numbers, -(2.0**53), 2.0**53).astype(np.int64).tolist()))
    for row in np.flatnonzero((numbers != np.floor(numbers)) | (np.abs(numbers) >= 2.0**53)).tolist():
        keys[row] = shown[row]
    return keys


def _keys_by_form(text: bytes, values: list[str], shown: list[str]) -> list[str]:
    """The key of each value, computed from its form and its digits.

    The form of a value has one 0 in place of consecutive digits: image_0012.png has the form image_0.png.
    """
    forms = text.translate(_AS_ZERO)
    while b"00" in forms:
        forms = forms.replace(b"0000", b"0").replace(b"00", b"0")
    each = forms.decode().split("\n")
    different = set(each)
    if len(different) * _PER_FORM > len(values):
        return list(map(form_key, values))
    ways = {form: _way_of(form) for form in different}
    digits = text.translate(None, _ALL_BUT_DIGITS).decode().split("\n")
    return [
        ways[form](value, clean, number) for value, clean, form, number in zip(values, shown, each, digits, strict=True)
    ]


def _way_of(form: str) -> Callable[[str, str, str], str]:
    """A function from a value of this form, its visible text and its digits to its key, found with three examples."""
    trials = [form.replace("0", digits) for digits in ("12", "012", "0")]
    keys = [form_key(trial) for trial in trials] if max(map(len, trials)) <= LONGEST else []
    if keys == ["12", "12", "0"] and form.count("0") == 1:
        return _its_number
    cuts = {_cut(trial, key) for trial, key in zip(trials, keys, strict=False)}
    cut = cuts.pop() if len(cuts) == 1 else None
    return _its_key if cut is None else partial(_its_text, cut)


def _cut(text: str, key: str) -> tuple[int, int] | None:
    """The numbers of characters before and after the key in the case-folded text; None if the key is not in it."""
    start = text.casefold().find(key)
    return None if start < 0 or not key else (start, len(text.casefold()) - start - len(key))


def _its_number(value: str, clean: str, digits: str) -> str:
    is_short = len(digits) <= _SHORT and len(value) <= LONGEST
    return (digits.lstrip("0") or "0") if is_short else form_key(value)


def _its_text(cut: tuple[int, int], value: str, clean: str, digits: str) -> str:
    if len(value) > LONGEST:
        return value
    text = clean.casefold()
    return text[cut[0] : len(text) - cut[1]]


def _its_key(value: str, clean: str, digits: str) -> str:
    return form_key(value)


def _integer(text: str) -> str:
    number = float(text)
    return str(int(number)) if math.isfinite(number) and number.is_integer() and abs(number) < 2**53 else text


def visible(value: str) -> str:
    """The text without blanks at its ends and without invisible characters."""
    if not value.isprintable():
        value = "".join(character for character in value if character.isprintable())
    return value.strip()


def visible_values(values: list[str]) -> list[str]:
    """The result of `visible` for each value."""
    text = "\n".join(values)
    if text.count("\n") != len(values) - 1:
        return list(map(visible, values))
    if not text.replace("\n", "").isprintable():
        text = _printable(text)
        values = text.split("\n")
    # A blank is the only printable character that `str.strip` removes.
    has_blanks = text.startswith(" ") or text.endswith(" ") or "\n " in text or " \n" in text
    return list(map(str.strip, values)) if has_blanks else values


def _printable(text: str) -> str:
    """The text without invisible characters other than line ends."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    is_kept = np.zeros(sys.maxunicode + 1, bool)
    is_kept[codes] = True
    is_kept[[code for code in np.flatnonzero(is_kept).tolist() if code != 10 and not chr(code).isprintable()]] = False
    return codes[is_kept[codes]].tobytes().decode("utf-32-le")


def escape_non_ascii(value: str) -> str:
    """The text with letters outside ASCII as escapes: a Cyrillic letter can look like a Latin one."""
    return value if value.isascii() else value[:100].encode("ascii", "backslashreplace").decode()
