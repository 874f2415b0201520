"""Check rows with one probability per class; the most probable class is scored."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from leaderboard.submission.cells import NUMBER, Kind, count_malformed, kinds_of, report_malformed
from leaderboard.submission.expected import Expected
from leaderboard.submission.problems import EXAMPLES_SHOWN, Report

SUM_TOLERANCE = 1e-3
# In float32, rounding can make a mean of softmaxes 1.0000001, and a difference -1e-9.
ROUNDING = 1e-6
_ROW = re.compile(rf"{NUMBER}(?:\n{NUMBER})*", re.ASCII)
_OTHER_THAN_NUMBER = re.compile(rf"^(?!{NUMBER}$)", re.ASCII | re.MULTILINE)
_DECIMALS = re.compile(r"\.(\d*)(e?)", re.ASCII | re.IGNORECASE)
_ROWS_FOR_DECIMALS = 1000


def judge_probabilities(
    numbers: Sequence[int], columns: Sequence[list[str]], expected: Expected, report: Report
) -> np.ndarray | None:
    """Probabilities (rows x classes, float64, row sums 1); None, with problems in the report, if a row is wrong.

    `numbers`: the line number of each row. `columns`: the fields of each class, in the order of the classes.
    """
    table = _read_columns(numbers, columns, report)
    if table is None:
        return None
    sums = table.sum(axis=1)
    rounded = _tolerance(columns)
    wrong = np.flatnonzero(np.abs(sums - 1) > rounded).tolist()
    for row in wrong[:EXAMPLES_SHOWN]:
        report.add("PROBABILITY_SUM", numbers[row], f"{sums[row]:.6g}", f"{rounded:g}")
    if wrong:
        report.add_many("PROBABILITY_SUM", len(wrong[EXAMPLES_SHOWN:]))
        return None
    _note_rounding(table, sums, report)
    return table / sums[:, None]


def _read_columns(numbers: Sequence[int], columns: Sequence[list[str]], report: Report) -> np.ndarray | None:
    """The probabilities (rows x classes, float64); None, with problems in the report, if one is not from 0 to 1."""
    if not columns[0]:
        return None
    kinds = np.array([_kinds_in(column) for column in columns]).T
    is_number = (kinds & Kind.NUMBER).astype(bool)
    table = np.zeros(kinds.shape)
    if is_number.all():
        counts, rows = {}, np.arange(len(table))
    else:
        counts, rows = count_malformed(kinds), np.flatnonzero(is_number.all(axis=1))
    for place, column in enumerate(columns):
        fields = column if len(rows) == len(column) else [column[row] for row in rows.tolist()]
        table[rows, place] = np.fromstring("\n".join(fields), sep="\n")
    is_outside = (table.min(axis=1) < -ROUNDING) | (table.max(axis=1) > 1 + ROUNDING)
    counts["PROBABILITY_RANGE"] = is_outside.astype(np.int64)
    if any(each.any() for each in counts.values()):
        _report_rows(numbers, columns, counts, report)
        return None
    table[table < 0], table[table > 1] = 0, 1
    return table


def _kinds_in(column: list[str]) -> np.ndarray:
    """The `Kind` (uint8) of each field."""
    text = "\n".join(column)
    if _is_plain(text) or not _OTHER_THAN_NUMBER.search(text):
        return np.full(len(column), Kind.NUMBER | Kind.AMOUNT, np.uint8)
    return kinds_of(text)


def _report_rows(
    numbers: Sequence[int], columns: Sequence[list[str]], counts: dict[str, np.ndarray], report: Report
) -> None:
    """Report rows with problems; `counts`: by code, how many problems each row has."""
    shown = sorted({row for each in counts.values() for row in np.flatnonzero(each)[:EXAMPLES_SHOWN].tolist()})
    for row in shown:
        _check_row(numbers[row], [column[row] for column in columns], report)
    for code, each in counts.items():
        more = int(each.sum() - each[shown].sum())
        if more:
            report.add_many(code, more)


def _is_plain(text: str) -> bool:
    """Whether each line consists of digits and at most one point."""
    data = b"\n%b\n" % text.encode()
    if data.translate(None, b"0123456789.\n") or b"\n\n" in data or b"\n.\n" in data:
        return False
    buffer = np.frombuffer(data, np.uint8)
    is_point = buffer[(buffer == ord(".")) | (buffer == ord("\n"))] == ord(".")
    return not (is_point[1:] & is_point[:-1]).any()


def _tolerance(columns: Sequence[list[str]]) -> float:
    """How far a sum can be from 1 because of rounding: half a unit of the last decimal in the file per class.

    With fewer than two decimals it is SUM_TOLERANCE.
    """
    decimals = 0
    for column in columns:
        for field in column[:_ROWS_FOR_DECIMALS]:
            found = _DECIMALS.search(field)
            if found:
                decimals = max(decimals, 99 if found[2] else len(found[1]))
    return max(SUM_TOLERANCE, 0.5 * 10.0**-decimals * len(columns) + ROUNDING) if decimals >= 2 else SUM_TOLERANCE


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


def _check_row(number: int, fields: Sequence[str], report: Report) -> None:
    if not _ROW.fullmatch("\n".join(fields)):
        report_malformed(number, fields, report)
        return
    values = [float(field) for field in fields]
    if min(values) < -ROUNDING or max(values) > 1 + ROUNDING:
        _report_range(number, fields, values, report)


def _report_range(number: int, fields: Sequence[str], values: list[float], report: Report) -> None:
    total = sum(values)
    if min(values) >= 0 and abs(total - 100) <= 1:
        report.add("PROBABILITY_RANGE", number, ", ".join(fields), "every number divided by 100: they are percent")
    elif max(values) <= ROUNDING and abs(sum(math.exp(value) for value in values) - 1) < 0.01:
        report.add("PROBABILITY_RANGE", number, ", ".join(fields), "exp() of every number: they are logarithms")
    else:
        worst = next(place for place, value in enumerate(values) if not -ROUNDING <= value <= 1 + ROUNDING)
        report.add("PROBABILITY_RANGE", number, fields[worst], "numbers from 0 to 1 (of logits, the softmax)")
