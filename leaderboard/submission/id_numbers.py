"""The numbers in many ids at once: 12 in 012, 12.0, 1.2e1, 12.png and test/12.png."""

from __future__ import annotations

import itertools
import re

import numpy as np

from leaderboard.submission.forms import LONGEST, NUMBER, form_key
from leaderboard.table import words

NO_NUMBER = -(1 << 62)
_MOST_DIGITS = 15
# A line that is not a number with at most 15 digits.
_OTHER_THAN_SHORT_NUMBER = re.compile(
    r"^(?![+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,3})?$)", re.ASCII | re.MULTILINE
)
_NUMERIC = b"0123456789+-.eE\n"
_NAMES = ("", "test", "image", "images", "img", "id", "sample", "e")
_EXTENSIONS = ("", "png", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp", "npy", "csv", "txt")
# All letters that an id can have whose key is a number.
_LETTERS = frozenset(name + extension for name, extension in itertools.product(_NAMES, _EXTENSIONS))
_BRACKETS = "'\"`[]()"
_WITHOUT_MEANING = b"0123456789 _#-+.'\"`[]()"
# Digits of other scripts, which are without meaning too, and letters that re.IGNORECASE takes for s, k and i.
_DIGITS = re.compile(r"\d+")
_LIKE_ASCII = (("\u017f", "s"), ("\u212a", "k"), ("\u0130", "i"), ("\u0131", "i"))
_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_ALL_BUT_DIGITS = bytes(byte for byte in range(256) if byte not in b"0123456789\n")
# Forms are compared by their first 24 bytes; longer ones are read one by one.
_WORDS = 3
_MOST_FORMS = 40


def numbers_of(keys: list[str]) -> np.ndarray:
    """Keys of `forms.form_key` as numbers (int64); NO_NUMBER for a key that is not a number with at most 15 digits."""
    return np.array(
        [int(key) if len(key) < 16 and key.removeprefix("-").isdecimal() else NO_NUMBER for key in keys], np.int64
    )


def form_numbers(values: list[str], shown: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The same as `numbers_of` for the key of each value, and whether this key has digits of another script (bool).

    `shown`: the result of `forms.visible_values` for the values. No value contains a line end.
    """
    numbers, is_foreign = np.full(len(values), NO_NUMBER), np.zeros(len(values), bool)
    is_long = np.fromiter(map(len, values), np.int64, len(values)) > LONGEST
    names = _without_folders(shown)
    is_alone = is_long.copy()
    if not "".join(names).isascii():
        is_decimal, is_ascii = (
            np.fromiter(map(test, names), bool, len(names)) for test in (str.isdecimal, str.isascii)
        )
        is_alone |= is_decimal & ~is_ascii
    alone = np.flatnonzero(is_alone)
    texts = [values[row] if is_long[row] else names[row] for row in alone.tolist()]
    numbers[alone], is_foreign[alone] = _read_alone(texts)
    rows = np.flatnonzero(~is_alone)
    rows = rows[_are_possible(_pick(names, rows))]
    if len(rows):
        numbers[rows], is_foreign[rows] = _read(_pick(names, rows))
    return numbers, is_foreign


def _read_alone(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The same for texts whose digits may be of another script, one by one."""
    keys = [text if text.isdecimal() and not text.isascii() else form_key(text) for text in texts]
    numbers = numbers_of(keys)
    return numbers, (numbers != NO_NUMBER) & np.array([not key.isascii() for key in keys], bool)


def _pick(values: list[str], rows: np.ndarray) -> list[str]:
    return values if len(rows) == len(values) else [values[row] for row in rows.tolist()]


def _without_folders(shown: list[str]) -> list[str]:
    """The texts without folders; what cannot be a number may become another text that is none."""
    text = "\n".join(shown).replace("\\", "/")
    if "/" not in text:
        return shown
    if not any(mark in text for mark in f"{_BRACKETS} "):
        return [name.rpartition("/")[2] for name in text.split("\n")]
    return [_without_folder(name) if "/" in name or "\\" in name else name for name in shown]


def _without_folder(text: str) -> str:
    """The same for one text: blanks and brackets are removed before the folder, so that they count behind it."""
    name = text.strip(_BRACKETS).replace("\\", "/").rpartition("/")[2]
    if name[-1:] == " " or name[:1] in _BRACKETS:
        return "x"
    return "#" + name[1:] if name[0] == " " else name


def _are_possible(names: list[str]) -> np.ndarray:
    """The rows (bool) whose key may be a number, judged by their letters."""
    text = "\n".join(names).encode().lower().translate(None, _WITHOUT_MEANING)
    if not text.strip(b"\n"):
        return np.ones(len(names), bool)
    letters = text.decode()
    if not letters.isascii():
        letters = _DIGITS.sub("", letters)
        for letter, like in _LIKE_ASCII:
            letters = letters.replace(letter, like)
    return np.fromiter(map(_LETTERS.__contains__, letters.split("\n")), bool, len(names))


def _read(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of texts that probably have one, and whether their digits are of another script."""
    text, is_foreign = "\n".join(names).encode(), np.zeros(len(names), bool)
    if all(names) and (digits := _whole_digits(text)) is not None:
        return _read_digits(digits), is_foreign
    numbers = None if text.translate(None, _NUMERIC) else _read_plain(text)
    return _read_by_form(text, names) if numbers is None else (numbers, is_foreign)


def _whole_digits(text: bytes) -> bytes | None:
    """The lines without the end .0, which a table of floats has in every line; None if a line is not of digits."""
    text = (text + b"\n").replace(b".0\n", b"\n")
    is_digits = not text.translate(None, b"0123456789\n") and b"\n\n" not in b"\n" + text
    return text if is_digits else None


def _read_digits(text: bytes) -> np.ndarray:
    """The numbers of lines of digits."""
    found = np.fromstring(text, np.int64, sep="\n")  # a number that is too large becomes the largest
    return np.where(found < 10**_MOST_DIGITS, found, NO_NUMBER)


def _read_plain(text: bytes) -> np.ndarray | None:
    """The numbers of lines that are numbers with at most 15 digits; None if a line is not."""
    if _OTHER_THAN_SHORT_NUMBER.search(text.decode()):
        return None
    found = np.fromstring(text, sep="\n")
    is_key = (found == np.floor(found)) & (found < 10.0**_MOST_DIGITS) & (found > -(10.0 ** (_MOST_DIGITS - 1)))
    return np.where(is_key, np.where(is_key, found, 0).astype(np.int64), NO_NUMBER)


def _read_by_form(text: bytes, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The same, computed from the form and the digits of each line of the text; `names`: the lines.

    The form of a line has one 0 in place of consecutive digits: image_0012.png has the form image_0.png.
    """
    numbers, is_foreign = np.full(len(names), NO_NUMBER), np.zeros(len(names), bool)
    joined = _read_digits(b"0" + text.translate(None, _ALL_BUT_DIGITS).replace(b"\n", b"\n0"))
    for form, rows in _by_form(text):
        way = "alone" if form is None else _way_of(form)
        found = _read_plain("\n".join(_pick(names, rows)).encode()) if way == "number" else joined[rows]
        if way == "alone" or found is None:
            numbers[rows], is_foreign[rows] = _read_alone(_pick(names, rows))
        elif way != "none":
            numbers[rows] = found
    return numbers, is_foreign


def _lengths(text: bytes) -> np.ndarray:
    """The length of each line, in bytes."""
    ends = np.flatnonzero(np.frombuffer(text + b"\n", np.uint8) == ord("\n"))
    return np.diff(ends, prepend=-1) - 1


def _by_form(text: bytes) -> list[tuple[str | None, np.ndarray]]:
    """The forms of the lines, and the rows of each; None for the rows with long forms or with one of many more."""
    forms = text.translate(_TO_ZERO)
    while b"00" in forms:
        forms = forms.replace(b"0" * 16, b"0").replace(b"0000", b"0").replace(b"00", b"0")
    lengths = _lengths(forms)
    starts = np.cumsum(lengths + 1) - lengths - 1
    is_long = lengths > 8 * _WORDS
    table = words.gather(forms, starts, np.where(is_long, 0, lengths), _WORDS)
    assert table is not None, "no form is longer"
    found: list[tuple[str | None, np.ndarray]] = [(None, np.flatnonzero(is_long))]
    rest = np.flatnonzero(~is_long)
    while len(rest) and len(found) <= _MOST_FORMS:
        first = rest[0]
        is_same = (table[rest] == table[first]).all(axis=1)
        found.append((forms[starts[first] : starts[first] + lengths[first]].decode(), rest[is_same]))
        rest = rest[~is_same]
    return [*found, (None, rest)]


def _way_of(form: str) -> str:
    """How to find the number of a value of this form: `digits`, `number`, `none` or, if unclear, `alone`.

    Three examples show it.
    """
    trials = [form.replace("0", digits) for digits in ("12", "012", "0")]
    keys = [form_key(trial) for trial in trials]
    if keys == ["12", "12", "0"] and form.count("0") == 1:
        return "digits"
    if NUMBER.fullmatch(form):
        return "number"
    is_text = not keys[0].removeprefix("-").isdecimal()
    return "none" if is_text and _are_cut(trials, keys) else "alone"


def _are_cut(texts: list[str], keys: list[str]) -> bool:
    """Whether each key is the same part of its text."""
    folded = [text.casefold() for text in texts]
    found = {(text.find(key), len(text) - len(key)) for text, key in zip(folded, keys, strict=True)}
    return len(found) == 1 and min(found)[0] >= 0
