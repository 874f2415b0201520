"""Rows of probabilities: how far rounding may move a sum, and what numbers out of range are taken for."""

from __future__ import annotations

import pytest

from leaderboard.submission import Expected, Report
from leaderboard.submission.probabilities import judge_probabilities
from leaderboard.table import words


def judged(rows: list[str]) -> Report:
    columns = list(zip(*(row.split(",") for row in rows), strict=True))
    expected = Expected(
        words.encode([str(number) for number in range(len(rows))]), ("a", "b", "c", "d")[: len(columns)]
    )
    report = Report()
    table = judge_probabilities(range(2, 2 + len(rows)), [list(column) for column in columns], expected, report)
    assert (table is None) == bool(report.counts)
    return report


@pytest.mark.parametrize(
    ("row", "is_valid"),
    [
        # Half a hundredth for each of four classes, which rounding may all move one way.
        ("0.24,0.24,0.24,0.26", True),
        ("0.24,0.24,0.24,0.25", False),
        ("0.254,0.250,0.249,0.249", True),
        ("0.254,0.250,0.250,0.249", False),
        # With many decimals, or one, a thousandth.
        ("0.25000,0.25000,0.25000,0.25099", True),
        ("0.25000,0.25000,0.25000,0.25101", False),
        ("2.5e-1,2.5e-1,2.5e-1,2.491e-1", True),
        ("2.5e-1,2.5e-1,2.5e-1,2.48e-1", False),
        ("0.3,0.3,0.3,0.2", False),
    ],
)
def test_a_sum_may_be_off_by_half_the_last_decimal_of_each_class(row: str, is_valid: bool) -> None:
    assert judged([row] * 3).counts == ({} if is_valid else {"PROBABILITY_SUM": 3})


@pytest.mark.parametrize(("before", "is_valid"), [(999, True), (1000, False)])
def test_the_decimals_are_those_of_the_first_thousand_rows(before: int, is_valid: bool) -> None:
    assert judged([*["1,0,0"] * before, "0.33,0.33,0.33"]).valid == is_valid


@pytest.mark.parametrize(
    ("row", "is_valid"),
    [("1.000001,0", True), ("1.0000011,0", False), ("1,-0.000001", True), ("1,-0.0000011", False)],
)
def test_a_number_may_be_a_millionth_out_of_range(row: str, is_valid: bool) -> None:
    assert judged([row]).counts == ({} if is_valid else {"PROBABILITY_RANGE": 1})


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        ("-1.1,-1.1,-1.1", "they are logarithms"),
        ("-1.09,-1.09,-1.09", "they are logarithms"),
        ("-1.11,-1.11,-1.11", "of logits, the softmax"),
        ("-1.08,-1.08,-1.08", "of logits, the softmax"),
        ("-1,-2,-3", "of logits, the softmax"),
    ],
)
def test_numbers_whose_exponentials_add_up_to_1_within_a_hundredth_are_logarithms(row: str, meant: str) -> None:
    assert meant in judged([row]).problems[0].fix


def test_six_digits_of_a_wrong_sum_are_shown() -> None:
    assert judged(["0.61728,0.61728"]).problems[0].value == "'1.23456'"


@pytest.mark.parametrize("fields", [["0.5", "0,25", "0,2"], ["0.5", "0.25", "0,25"]])
def test_the_first_decimal_comma_of_a_line_is_shown(fields: list[str]) -> None:
    report, expected = Report(), Expected(words.encode(["1"]), ("a", "b", "c"), probabilities=True)
    assert judge_probabilities([2], [[field] for field in fields], expected, report) is None
    (problem,) = [problem for problem in report.problems if problem.code == "DECIMAL_COMMA"]
    assert (problem.line, problem.value, problem.hint) == (2, "'0,25'", "0.25")
