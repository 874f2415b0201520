"""Check the label column: class names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np

from leaderboard.submission.diagnosis import diagnose_label, label_number, number_advice
from leaderboard.submission.expected import Expected
from leaderboard.submission.forms import escape_non_ascii, visible
from leaderboard.submission.problems import Report

# The number of different wrong labels that are diagnosed; usually all labels of a file are wrong in one way.
_MAX_DIAGNOSED = 1000


def judge_labels(numbers: Sequence[int], labels: list[str], expected: Expected, report: Report) -> np.ndarray:
    """Class codes (int16, one per row, -1 for a wrong label); wrong labels go to the report.

    `numbers`: the line number of each row.
    """
    codes = expected.codes(labels).astype(np.int16)
    wrong = np.flatnonzero(codes < 0).tolist()
    if len(wrong) == 1 and wrong[0] in (0, len(labels) - 1) and len(labels) > 2 and not visible(labels[wrong[0]]):
        report.add("ROW_OFF", numbers[wrong[0]], None, "one label at the beginning or end of the file is missing")
    elif wrong:
        if len(wrong) < len(labels):
            numbers, labels = [numbers[row] for row in wrong], [labels[row] for row in wrong]
        _report_wrong(numbers, labels, expected, report)
    return codes


def _report_wrong(numbers: Sequence[int], labels: list[str], expected: Expected, report: Report) -> None:
    different, are_all = _first_different(labels)
    diagnosed = {label: diagnose_label(label, expected) for label in different}
    advice = _advice(different, expected) if are_all else {}
    names = list(dict.fromkeys(["LABEL_UNKNOWN", *(code for code, _ in diagnosed.values())]))
    places = {label: names.index(code) for label, (code, _) in diagnosed.items()}
    which = np.fromiter(map(places.get, labels, itertools.repeat(0)), np.int64, len(labels))

    def add(code: str, row: int) -> None:
        label = labels[row]
        meant = diagnosed[label][1] if label in diagnosed else f"one of {expected.class_list}"
        report.add(code, numbers[row], escape_non_ascii(label), advice.get(label, meant))

    report.add_rows({name: np.flatnonzero(which == place) for place, name in enumerate(names)}, add)


def _first_different(labels: list[str]) -> tuple[list[str], bool]:
    """The first different labels, at most _MAX_DIAGNOSED, and whether these are all."""
    found: dict[str, None] = {}
    for start in range(0, len(labels), _MAX_DIAGNOSED):
        found |= dict.fromkeys(labels[start : start + _MAX_DIAGNOSED])
        if len(found) > _MAX_DIAGNOSED:
            return list(found)[:_MAX_DIAGNOSED], False
    return list(found), True


def _advice(labels: Iterable[str], expected: Expected) -> dict[str, str]:
    """What to write for each label that is a class number, by label."""
    numbers = {label: number for label in labels if (number := label_number(visible(label))) is not None}
    meant = number_advice(numbers.values(), expected) if numbers else {}
    return {label: meant[number] for label, number in numbers.items() if number in meant}
