"""Check the label column: class names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leaderboard.submission.diagnosis import diagnose_label, label_number, number_advice
from leaderboard.submission.expected import Expected
from leaderboard.submission.forms import escape_non_ascii, visible
from leaderboard.submission.problems import EXAMPLES_SHOWN, Report

# The number of different wrong labels that are diagnosed; usually all labels of a file are wrong in one way.
_MAX_DIAGNOSED = 1000


def judge_labels(numbers: Sequence[int], labels: list[str], expected: Expected, report: Report) -> np.ndarray:
    """Class codes (int16, one per row, -1 for a wrong label); wrong labels go to the report.

    `numbers`: the line number of each row.
    """
    known = expected.class_codes
    codes = [known.get(label, -1) for label in labels]
    wrong = [row for row, code in enumerate(codes) if code < 0]
    if len(wrong) == 1 and wrong[0] in (0, len(labels) - 1) and len(labels) > 2 and not visible(labels[wrong[0]]):
        report.add("ROW_OFF", numbers[wrong[0]], None, "one label at the beginning or end of the file is missing")
    elif wrong:
        _report_wrong([numbers[row] for row in wrong], [labels[row] for row in wrong], expected, report)
    return np.array(codes, np.int16)


def _report_wrong(numbers: list[int], labels: list[str], expected: Expected, report: Report) -> None:
    advice = _advice(labels, expected)
    diagnosed: dict[str, tuple[str, str]] = {}
    any_class = f"one of {expected.class_list}"
    for number, label in zip(numbers, labels, strict=True):
        found = diagnosed.get(label)
        if found is None:
            if len(diagnosed) >= _MAX_DIAGNOSED:
                found = "LABEL_UNKNOWN", any_class
            else:
                found = diagnosed[label] = diagnose_label(label, expected)
        code, meant = found
        if report.counts.get(code, 0) >= EXAMPLES_SHOWN:
            report.counts[code] += 1
            continue
        if code == "LABEL_NUMBER":
            meant = advice.get(label, meant)
        report.add(code, number, escape_non_ascii(label), meant)


def _advice(labels: list[str], expected: Expected) -> dict[str, str]:
    """What to write for each label that is a class number, by label."""
    different = set(labels)
    if len(different) > _MAX_DIAGNOSED:
        return {}
    numbers = {label: number for label in different if (number := label_number(visible(label))) is not None}
    meant = number_advice(numbers.values(), expected) if numbers else {}
    return {label: meant[number] for label, number in numbers.items() if number in meant}
