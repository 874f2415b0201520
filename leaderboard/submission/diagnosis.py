"""What a wrong id or label was probably meant to be: the fix is worth more than the refusal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from leaderboard.submission.expected import Expected

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MISSING = {"", "nan", "na", "n/a", "<na>", "none", "null", "-", "?"}
_LONGEST_NUMBER = 40


def diagnose_id(value: str, positions: Mapping[str, int]) -> tuple[str, str | None]:
    """Code of the problem, and the id that was meant where one is near."""
    clean = _visible(value)
    if not clean:
        return "ID_EMPTY", None
    if clean in positions:
        return "ID_BLANKS", clean
    for reading in (_as_integer, _without_suffix, str.lower, str.upper):
        meant = reading(clean)
        if meant and meant in positions:
            return "ID_FORM", meant
    return "ID_UNKNOWN", None


def diagnose_label(value: str, expected: Expected) -> tuple[str, str]:
    """Code of the problem, and the class that was meant (or all of them)."""
    clean = _visible(value)
    if clean in expected.class_codes:
        return "LABEL_BLANKS", clean
    if clean.casefold() in _MISSING:
        return "LABEL_EMPTY", expected.class_list
    for name in expected.classes:
        if name.casefold() == clean.casefold():
            return "LABEL_CASE", name
    if _NUMBER.fullmatch(clean):
        return "LABEL_NUMBER", expected.class_list
    if clean[0] in "=+-@":
        return "LABEL_FORMULA", expected.class_list
    return "LABEL_UNKNOWN", expected.class_list


def escaped(value: str) -> str:
    """Letters outside ASCII spelt out: a Cyrillic letter looks like the Latin one that was meant."""
    return value if value.isascii() else value[:100].encode("ascii", "backslashreplace").decode()


def _visible(value: str) -> str:
    """Without blanks at the ends and without characters that do not show."""
    return (value if value.isprintable() else "".join(c for c in value if c.isprintable())).strip()


def _without_suffix(value: str) -> str:
    return value.rpartition(".")[0]


def _as_integer(value: str) -> str | None:
    if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
        return None
    number = float(value)
    return str(int(number)) if math.isfinite(number) and number.is_integer() and abs(number) < 2**53 else None
