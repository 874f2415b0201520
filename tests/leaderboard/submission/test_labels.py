"""Wrong labels: the limits of what is diagnosed and of what is taken for a class number."""

from __future__ import annotations

import pytest

from leaderboard.submission import Expected, Report
from leaderboard.submission.diagnosis import diagnose_label, label_number, number_advice
from leaderboard.submission.labels import judge_labels
from leaderboard.table import words

EXPECTED = Expected(words.encode(["1", "2", "3"]), ("bird", "cat", "dog"))


def judged(labels: list[str]) -> Report:
    report = Report()
    judge_labels(range(2, 2 + len(labels)), labels, EXPECTED, report)
    return report


@pytest.mark.parametrize(("unknown", "codes"), [(999, {"LABEL_UNKNOWN", "LABEL_CASE"}), (1000, {"LABEL_UNKNOWN"})])
def test_a_thousand_different_labels_are_diagnosed(unknown: int, codes: set[str]) -> None:
    assert judged([*(f"z{number}" for number in range(unknown)), "Cat"]).counts.keys() == codes


@pytest.mark.parametrize(("others", "is_advised"), [(998, True), (999, False)])
def test_class_numbers_among_at_most_a_thousand_different_labels_are_explained(others: int, is_advised: bool) -> None:
    report = judged(["0", "2", *(f"z{number}" for number in range(others))])
    assert ("follow bird, cat, dog from 0" in report.problems[0].fix) == is_advised


@pytest.mark.parametrize(
    ("labels", "code"),
    [(["cat", "dog", ""], "ROW_OFF"), (["", "cat", "dog"], "ROW_OFF"), (["cat", ""], "LABEL_EMPTY")],
)
def test_one_empty_label_at_an_end_of_three_rows_or_more_is_a_row_off(labels: list[str], code: str) -> None:
    assert list(judged(labels).counts) == [code]


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("3", 3),
        ("3.0", 3),
        ("3.5", None),
        ("tensor(3)", 3),
        ("9" * 20, 10**20),
        ("9" * 21, None),
        ("[" * 19 + "3" + "]" * 19, 3),
        ("[" * 19 + "3" + "]" * 20, None),
    ],
)
def test_the_whole_number_in_a_label(label: str, number: int | None) -> None:
    """Of at most 20 characters, and at most 39 with what Python prints around it; 20 nines are 1e20 as a float."""
    assert label_number(label) == number


@pytest.mark.parametrize(
    ("numbers", "first"),
    [([0, 2], 0), ([1, 3], 1), ([0, 3], None), ([1, 2], None), ([1, 4, 3], None), ([-1, 0], None)],
)
def test_class_numbers_are_explained_if_they_show_where_they_begin(numbers: list[int], first: int | None) -> None:
    advice = number_advice(numbers, EXPECTED)
    assert list(advice) == ([] if first is None else numbers)
    for number in advice:
        assert advice[number].startswith(EXPECTED.classes[number - first])


@pytest.mark.parametrize(("quotes", "meant"), [(196, "cat"), (195, "one of bird, cat, dog")])
def test_two_hundred_characters_of_a_label_are_looked_at(quotes: int, meant: str) -> None:
    """Quotes that another character follows are text, unless it is the 201st."""
    assert diagnose_label("'cat" + "'" * quotes + "x", EXPECTED) == ("LABEL_UNKNOWN", meant)
