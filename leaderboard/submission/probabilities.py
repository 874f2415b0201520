"""Check rows with one probability per class; the most probable class is scored."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from leaderboard.submission.expected import Expected
from leaderboard.submission.problems import Report

SUM_TOLERANCE = 1e-3
# In float32, rounding can make a mean of softmaxes 1.0000001, and a difference -1e-9.
ROUNDING = 1e-6
# Each digit can match in one place only, so the time is linear in the length of a field.
_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_DECIMAL = re.compile(_NUMBER, re.ASCII)
_ROW = re.compile(rf"{_NUMBER}(?:;{_NUMBER})*", re.ASCII)
_COMMA = re.compile(r"-?\d*,\d+", re.ASCII)
_DECIMALS = re.compile(r"\.(\d*)(e?)", re.ASCII | re.IGNORECASE)
_ROWS_FOR_DECIMALS = 1000


def judge_probabilities(
    numbers: Sequence[int], rows: Sequence[Sequence[str]], expected: Expected, report: Report
) -> np.ndarray | None:
    """Probabilities (rows x classes, float64, row sums 1); None, with problems in the report, if a row is wrong.

    `numbers`: the line number of each row. `rows`: the fields of each row in the order of the classes.
    """
    values = [_read_row(number, fields, report) for number, fields in zip(numbers, rows, strict=True)]
    if any(row is None for row in values) or not values:
        return None
    table = np.array(values, np.float64)
    sums = table.sum(axis=1)
    rounded = _tolerance(rows, len(expected.classes))
    for row in np.flatnonzero(np.abs(sums - 1) > rounded).tolist():
        report.add("PROBABILITY_SUM", numbers[row], f"{sums[row]:.6g}", f"{rounded:g}")
    if "PROBABILITY_SUM" in report.counts:
        return None
    _note_rounding(table, sums, report)
    return table / sums[:, None]


def _tolerance(rows: Sequence[Sequence[str]], classes: int) -> float:
    """How far a sum can be from 1 because of rounding: half a unit of the last decimal in the file per class.

    With fewer than two decimals it is SUM_TOLERANCE.
    """
    decimals = 0
    for fields in rows[:_ROWS_FOR_DECIMALS]:
        for field in fields:
            found = _DECIMALS.search(field)
            if found:
                decimals = max(decimals, 99 if found[2] else len(found[1]))
    return max(SUM_TOLERANCE, 0.5 * 10.0**-decimals * classes + ROUNDING) if decimals >= 2 else SUM_TOLERANCE


def _note_rounding(table: np.ndarray, sums: np.ndarray, report: Report) -> None:
    off = int((np.abs(sums - 1) > SUM_TOLERANCE).sum())
    if off:
        report.notes.append(
            f"{off:,} lines do not add up to 1 because of rounding: only the largest number counts for the score; the"
            " log-likelihood (NLL) and the calibration suffer, so write more decimals if they matter"
        )
    top = table.max(axis=1, keepdims=True)
    tied = int(((table == top).sum(axis=1) > 1).sum())
    more = f" ({tied:,} lines have one)" if tied else ""
    report.notes.append(f"probabilities: the most probable class is scored, the first one on a tie{more}")


def _read_row(number: int, fields: Sequence[str], report: Report) -> list[float] | None:
    if not _ROW.fullmatch(";".join(fields)):
        _report_malformed(number, fields, report)
        return None
    values = [float(field) for field in fields]
    if min(values) >= -ROUNDING and max(values) <= 1 + ROUNDING:
        return values if min(values) >= 0 and max(values) <= 1 else [min(max(value, 0.0), 1.0) for value in values]
    _report_range(number, fields, values, report)
    return None


def _report_malformed(number: int, fields: Sequence[str], report: Report) -> None:
    """Report decimal commas and percent signs once per line, and every other field that is not a plain number."""
    commas = [field for field in fields if _COMMA.fullmatch(field)]
    percent = [field for field in fields if _DECIMAL.fullmatch(field.replace(",", ".").removesuffix("%").rstrip())]
    if any("%" in field for field in fields) and len(percent) == len(fields):
        report.add("PROBABILITY_FORM", number, ", ".join(fields), "every number divided by 100, without %")
    if commas:
        report.add("DECIMAL_COMMA", number, commas[0], commas[0].replace(",", "."))
    for field in fields:
        plain = field.replace(",", ".") if field in commas else field
        if not _DECIMAL.fullmatch(plain) and not (field.endswith("%") and len(percent) == len(fields)):
            report.add("PROBABILITY_FORM", number, field, "a number such as 0.125")


def _report_range(number: int, fields: Sequence[str], values: list[float], report: Report) -> None:
    total = sum(values)
    if min(values) >= 0 and abs(total - 100) <= 1:
        report.add("PROBABILITY_RANGE", number, ", ".join(fields), "every number divided by 100: they are percent")
    elif max(values) <= ROUNDING and abs(sum(math.exp(value) for value in values) - 1) < 0.01:
        report.add("PROBABILITY_RANGE", number, ", ".join(fields), "exp() of every number: they are logarithms")
    else:
        worst = next(place for place, value in enumerate(values) if not -ROUNDING <= value <= 1 + ROUNDING)
        report.add("PROBABILITY_RANGE", number, fields[worst], "numbers from 0 to 1 (of logits, the softmax)")
