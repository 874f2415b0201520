"""Cells of a table of probabilities that are not plain numbers, all at once: decimal commas, percent signs, words."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

import numpy as np

from leaderboard.submission.problems import Report

# Each digit can match in one place only, so the time is linear in the length of a field.
NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_DECIMAL = re.compile(NUMBER, re.ASCII)
_COMMA = re.compile(r"-?\d*,\d+", re.ASCII)
_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)


class Kind(enum.IntFlag):
    """What a cell is; several may hold."""

    NUMBER = 1
    COMMA = 2
    """A number with a decimal comma."""
    AMOUNT = 4
    """A number, also with a decimal comma, with a percent sign or blanks behind it."""
    WITH_PERCENT = 8
    """It contains a percent sign."""
    UP_TO_PERCENT = 16
    """It ends with a percent sign."""


def kind_of(field: str) -> int:
    """The `Kind` of one cell."""
    amount = field.replace(",", ".").removesuffix("%").rstrip()
    return (
        Kind.NUMBER * bool(_DECIMAL.fullmatch(field))
        | Kind.COMMA * bool(_COMMA.fullmatch(field))
        | Kind.AMOUNT * bool(_DECIMAL.fullmatch(amount))
        | Kind.WITH_PERCENT * ("%" in field)
        | Kind.UP_TO_PERCENT * field.endswith("%")
    )


def kinds_of(text: str) -> np.ndarray:
    """The `Kind` (uint8) of each line of the text.

    It depends on how many digits are in a row only as far as these are more than three, so it is found once for all
    cells that differ only in their digits.
    """
    forms = text.encode().translate(_TO_ZERO)
    while b"00000" in forms:
        forms = forms.replace(b"00000000", b"0000").replace(b"00000", b"0000")
    forms = forms.replace(b"0000", b"9").replace(b"000", b"0").replace(b"00", b"0")
    each = forms.split(b"\n")
    kinds = {form: kind_of(form.replace(b"9", b"9999").decode()) for form in set(each)}
    return np.fromiter(map(kinds.__getitem__, each), np.uint8, len(each))


def count_malformed(kinds: np.ndarray) -> dict[str, np.ndarray]:
    """How often `report_malformed` reports each problem, by code and row; `kinds`: the `Kind` of each cell."""

    def has(kind: Kind) -> np.ndarray:
        return (kinds & kind).astype(bool)

    is_malformed = ~has(Kind.NUMBER).all(axis=1)
    are_amounts = has(Kind.AMOUNT).all(axis=1, keepdims=True)
    in_percent = is_malformed & (has(Kind.WITH_PERCENT) & are_amounts).any(axis=1)
    is_form = ~has(Kind.NUMBER | Kind.COMMA) & ~(has(Kind.UP_TO_PERCENT) & are_amounts)
    return {
        "PROBABILITY_FORM": in_percent + is_form.sum(axis=1),
        "DECIMAL_COMMA": (is_malformed & has(Kind.COMMA).any(axis=1)).astype(np.int64),
    }


def report_malformed(number: int, fields: Sequence[str], report: Report) -> None:
    """Report decimal commas and percent signs once per line, and every other field that is not a plain number."""
    commas = [field for field in fields if _COMMA.fullmatch(field)]
    percent = [field for field in fields if kind_of(field) & Kind.AMOUNT]
    if any("%" in field for field in fields) and len(percent) == len(fields):
        report.add("PROBABILITY_FORM", number, ", ".join(fields), "every number divided by 100, without %")
    if commas:
        report.add("DECIMAL_COMMA", number, commas[0], commas[0].replace(",", "."))
    for field in fields:
        plain = field.replace(",", ".") if field in commas else field
        if not _DECIMAL.fullmatch(plain) and not (field.endswith("%") and len(percent) == len(fields)):
            report.add("PROBABILITY_FORM", number, field, "a number such as 0.125")
