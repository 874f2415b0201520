"""The first line: how many rows must agree before it is read otherwise, and how much of it a message shows."""

from __future__ import annotations

import pytest

from leaderboard.submission import Expected, Report, validate_bytes
from leaderboard.table import words

IDS = words.encode([str(number) for number in range(1, 31)])
EXPECTED = Expected(IDS, ("bird", "cat", "dog"))
LETTERS = "abcdefghijklmnopqrstuvwx"
WIDE = Expected(IDS, tuple(LETTERS), probabilities=True)


def judged(header: str, rows: list[str], expected: Expected = EXPECTED) -> Report:
    return validate_bytes("\n".join([header, *rows, ""]).encode(), expected)


CLASSES = ",".join(LETTERS)
CUT = {
    "data for a header": ("1" + ",0" * 24, WIDE, "NO_HEADER"),
    "data, and labels alone are wanted": ("1" + ",0" * 24, EXPECTED, "NO_HEADER"),
    "no id": (CLASSES, WIDE, "MISSING_COLUMN"),
    "no column of two classes": (f"id,{CLASSES[:-4]}", WIDE, "MISSING_COLUMN"),
    "a class twice": (f"id,{CLASSES},a", WIDE, "DUPLICATE_COLUMN"),
    "an index": (f",id,{CLASSES}", WIDE, "INDEX_COLUMN"),
    "other names": (f"id,{CLASSES[:-4]},1,2", WIDE, "HEADER_NAME"),
    "one column more": (f"id,{CLASSES},1", WIDE, "EXTRA_COLUMN"),
    "capitals": (f"id,{CLASSES.upper()}", WIDE, "HEADER_CASE"),
    "many columns, and labels alone are wanted": (CLASSES, EXPECTED, "EXTRA_COLUMN"),
}


@pytest.mark.parametrize("name", CUT)
def test_a_message_shows_twenty_columns(name: str) -> None:
    """Twenty of one or two letters fit into the forty characters that a message shows of a value."""
    header, expected, code = CUT[name]
    (problem,) = [problem for problem in judged(header, [], expected).problems if problem.code == code]
    assert problem.value == f"'{','.join(header.split(',')[:20])}'"


def test_a_message_names_twelve_missing_classes() -> None:
    problem = judged("id,a,b", [], WIDE).problems[0]
    assert problem.fix == "write the columns id and all classes; missing: c, d, e, f, g, h, i, j, k, l, m, n"


def test_a_message_names_five_columns_to_delete_and_forty_characters_of_a_name() -> None:
    problem = judged(f"id,label,{'x' * 41},2,3,4,5,6", []).problems[0]
    assert problem.fix == f"delete '{'x' * 40}', '2', '3', '4', '5' in every line"


def rows(first: str, other: str, count: int, after: str = "") -> list[str]:
    """Thirty rows with ids from 1: `count` of the form `first`, others up to the twentieth, and ten `after`."""
    forms = [first] * count + [other] * (20 - count) + [after or other] * 10
    return [form.format(i) for i, form in enumerate(forms, 1)]


@pytest.mark.parametrize(("count", "is_index"), [(19, True), (18, False)])
def test_row_numbers_are_an_index_in_more_than_nine_of_ten_rows(count: int, is_index: bool) -> None:
    """Of the first twenty rows: those below do not count."""
    report = judged("id,label", rows("7,{},cat", "{},cat", count, after="7,{},cat"))
    assert ("INDEX_COLUMN" in report.counts) == is_index


@pytest.mark.parametrize(("count", "is_empty"), [(19, True), (18, False)])
def test_empty_columns_are_named_once_in_more_than_nine_of_ten_rows(count: int, is_empty: bool) -> None:
    report = judged("id,label", rows("{},cat,", "{},cat", count, after="{},cat,"))
    assert ("EMPTY_COLUMNS" in report.counts) == is_empty


@pytest.mark.parametrize(("count", "are_ids"), [(15, True), (14, False)])
def test_ids_are_below_label_in_more_than_seven_of_ten_rows(count: int, are_ids: bool) -> None:
    report = judged("id,label", rows("cat,{}", "cat,x{}", count))
    assert ("HEADER_ORDER" in report.counts) == are_ids


@pytest.mark.parametrize(("count", "are_labels"), [(11, True), (10, False)])
def test_labels_are_below_id_in_more_than_half_of_the_rows(count: int, are_labels: bool) -> None:
    report = judged("id,label", rows("cat,{}", "zebra,{}", count))
    assert ("HEADER_ORDER" in report.counts) == are_labels
