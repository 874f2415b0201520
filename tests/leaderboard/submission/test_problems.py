"""The report: how much of a value it shows."""

from __future__ import annotations

import pytest

from leaderboard.submission import Report
from leaderboard.submission.problems import printable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", "''"),
        ("x" * 40, f"'{'x' * 40}'"),
        ("x" * 41, f"'{'x' * 40}…'"),
        # An escape has six characters; the last one is cut.
        ("\u200b" * 6, "'" + r"\u200b" * 6 + "'"),
        ("\u200b" * 7, "'" + r"\u200b" * 6 + r"\u20…'"),
        ("x" * 40 + "\u200b", f"'{'x' * 40}…'"),
    ],
)
def test_forty_characters_of_a_value_are_shown(value: str, shown: str) -> None:
    assert printable(value) == shown


@pytest.mark.parametrize(("count", "last"), [(3, "LABEL_EMPTY: line 4: "), (4, "LABEL_EMPTY: and 1 more")])
def test_three_problems_of_a_code_are_shown_and_the_others_counted(count: int, last: str) -> None:
    report = Report()
    for number in range(2, 2 + count):
        report.add("LABEL_EMPTY", number, "", "one of cat, dog")
    assert len(report.lines()) == min(count, 3) + (count > 3)
    assert report.lines()[-1].startswith(last)
