"""What a wrong label probably means, so that the message can say what to write."""

from __future__ import annotations

import re
from collections.abc import Iterable

from leaderboard.submission.expected import Expected
from leaderboard.submission.forms import NUMBER, visible

_MISSING = {"", "nan", "na", "n/a", "<na>", "none", "null", "-", "?"}
# How Python prints a text or number: 'cat', b'cat', ['cat'], tensor(3).
_WRAPPED = re.compile(r"(?:tensor|np\.str_|np\.int64|str|b)?[\[('\"]+(.*?)[\])'\"]+")
_OTHER_NAMES = {"plane": "airplane", "aeroplane": "airplane", "car": "automobile", "auto": "automobile"}


def diagnose_label(value: str, expected: Expected) -> tuple[str, str]:
    """The code of the problem, and what to write: the class that is probably meant, or a list of all classes."""
    clean, any_class = visible(value), f"one of {expected.class_list}"
    if clean in expected.class_codes:
        return "LABEL_BLANKS", clean
    if clean.casefold() in _MISSING:
        return "LABEL_EMPTY", any_class
    meant = expected.classes_folded.get(clean.casefold())
    if meant is not None:
        return "LABEL_CASE", expected.classes[meant]
    if label_number(clean) is not None or NUMBER.fullmatch(clean):
        return "LABEL_NUMBER", any_class
    if clean[0] in "=+-@":
        return "LABEL_FORMULA", any_class
    return "LABEL_UNKNOWN", _similar_class(clean, expected) or any_class


def _similar_class(clean: str, expected: Expected) -> str | None:
    """The class that the text means: in quotes or brackets, as a plural, or another word for a class of CIFAR-10."""
    wrapped = _WRAPPED.fullmatch(clean[:200])
    text = (wrapped[1] if wrapped else clean).strip().casefold()
    for name in (text, text.removesuffix("s"), _OTHER_NAMES.get(text, "")):
        if name in expected.classes_folded:
            return expected.classes[expected.classes_folded[name]]
    return None


def label_number(value: str) -> int | None:
    """The whole number in a label such as 3, 3.0 or tensor(3); None if there is none."""
    wrapped = _WRAPPED.fullmatch(value) if len(value) < 40 else None
    text = wrapped[1] if wrapped else value
    if len(text) > 20 or not NUMBER.fullmatch(text):
        return None
    number = float(text)
    return int(number) if number.is_integer() else None


def number_advice(numbers: Iterable[int], expected: Expected) -> dict[int, str]:
    """What to write for each class number; empty if the numbers do not show whether they begin at 0 or at 1."""
    found, count = set(numbers), len(expected.classes)
    if 0 in found and max(found) < count and min(found) >= 0:
        base = 0
    elif count in found and max(found) <= count and min(found) > 0:
        base = 1
    else:
        return {}
    why = f"if your numbers follow {expected.class_list} from {base}"
    return {number: f"{expected.classes[number - base]} {why}" for number in found}
