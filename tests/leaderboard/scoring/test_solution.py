"""The solution file: valid files are read exactly; errors have the line and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring.solution import PRIVATE, PUBLIC, dataset_name, read_solution
from leaderboard.submission import read_sample

ROWS = "1,cat,Public\n2,dog,Private\n3,cat,Private\n4,dog,Public\n"
MEANT = {
    "as it should be": "id,label,usage\n" + ROWS,
    "Kaggle's Usage": "id,label,Usage\n" + ROWS,
    "capitals": "Id,Label,Usage\n" + ROWS,
    "quotes in the header": '"id","label","usage"\n' + ROWS,
    "blanks in the header": "id, label, usage \n" + ROWS,
    "a byte-order mark": "\ufeffid,label,usage\n" + ROWS,
    "CRLF": ("id,label,usage\n" + ROWS).replace("\n", "\r\n"),
    "CR": ("id,label,usage\n" + ROWS).replace("\n", "\r"),
    "empty lines at the end": "id,label,usage\n" + ROWS + "\n  \n\n",
    "rows of commas at the end": "id,label,usage\n" + ROWS + ",,\n,,\n",
    "no line end": "id,label,usage\n" + ROWS.rstrip(),
}


@pytest.mark.parametrize("kind", MEANT)
def test_what_a_spreadsheet_adds_is_read_as_meant(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "solution.csv"
    path.write_bytes(MEANT[kind].encode())
    solution = read_solution(path)
    assert solution.classes == ("cat", "dog")
    assert solution.truth.tolist() == [0, 1, 0, 1]
    assert solution.split.tolist() == [PUBLIC, PRIVATE, PRIVATE, PUBLIC]


def test_empty_rows_at_the_end_of_a_sample_are_skipped(tmp_path: Path) -> None:
    for end in ("\n\n", ",\n,\n", "   \n"):
        (tmp_path / "sample.csv").write_text("id,label\n1,cat\n2,dog\n" + end)
        assert read_sample(tmp_path / "sample.csv").id_strings == ["1", "2"]


REFUSED = {
    "semicolons": ("id;label\n1;cat\n2;dog\n", "separate the columns by commas, not by semicolons"),
    "tabs": ("id\tlabel\n1\tcat\n2\tdog\n", "separate the columns by commas, not by tabs"),
    "Excel's line": ("sep=,\nid,label\n1,cat\n2,dog\n", "delete this line"),
    "empty columns": ("id,label,,\n1,cat,,\n2,dog,,\n", "delete the empty columns at the end of every line"),
    "other names": ("image,class\n1,cat\n2,dog\n", "it must be id,label"),
    "a trailing blank": ("id,label\n1,cat\n2,dog \n3,cat\n", "line 3: the label 'dog ' is empty or has blanks"),
    "a hidden character": ("id,label\n1,cat\n2,d\u200bog\n", r"line 3: the label 'd\u200bog' is empty or has blanks"),
    "an empty label": ("id,label\n1,cat\n2,\n3,dog\n", "line 3: the label '' is empty"),
    "one class in capitals": ("id,label\n1,frog\n2,Frog\n3,frog\n", "line 3: the class 'Frog' differs from 'frog'"),
    "a full-width class": ("id,label\n1,cat\n2,ｃａｔ\n3,cat\n", "line 3: the class 'ｃａｔ' differs from 'cat'"),
    "usage in lower case": (
        "id,label,usage\n1,cat,Public\n2,dog,private\n",
        "line 3: usage 'private'; write it as Private",
    ),
    "usage with a blank": ("id,label,usage\n1,cat,Public \n2,dog,Private\n", "line 2: usage 'Public '; write it as"),
    "usage unknown": ("id,label,usage\n1,cat,Public\n2,dog,Test\n", "line 3: usage 'Test'; it must be Public"),
    "an id twice": ("id,label\n1,cat\n2,dog\n1,cat\n", "the id '1' appears twice, on lines 2 and 4"),
    "too few fields": ("id,label\n1,cat\n2\n", "line 3: 1 fields ('2'); write exactly 2, separated by commas"),
    "ignored rows are counted": (
        "id,label,usage\n1,,Ignored\n2,cat,Public\n3,Cat,Private\n4,cat,Public\n",
        "line 4: the class 'Cat' differs from 'cat'",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_fault_is_named_with_its_line_and_fix(tmp_path: Path, kind: str) -> None:
    text, message = REFUSED[kind]
    path = tmp_path / "solution.csv"
    path.write_text(text)
    with pytest.raises(LeaderboardError) as raised:
        read_solution(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_class_without_rows_is_reported_on_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "solution.csv").write_text("id,label\n1,cat\n2,cat\n")
    with pytest.raises(LeaderboardError, match=r"solution\.csv line 1: the class 'Cat' differs from 'cat'"):
        read_solution(tmp_path / "solution.csv", ("cat", "Cat"))


def test_utf_16_is_said(tmp_path: Path) -> None:
    (tmp_path / "solution.csv").write_bytes("id,label\n1,cat\n2,dog\n".encode("utf-16"))
    with pytest.raises(LeaderboardError, match="save it as UTF-8"):
        read_solution(tmp_path / "solution.csv")


@pytest.mark.parametrize("probabilities", [False, True])
def test_what_is_expected_of_a_file_is_built_once_for_each_kind(tmp_path: Path, probabilities: bool) -> None:
    (tmp_path / "solution.csv").write_text("id,label\n1,cat\n2,dog\n")
    solution = read_solution(tmp_path / "solution.csv")
    expected = solution.expected(probabilities)
    assert expected.probabilities == probabilities
    assert solution.expected(probabilities) is expected
    assert solution.expected() is solution.expected(False)


def test_ignored_rows_are_counted_and_sharp_s_is_a_case_of_ss(tmp_path: Path) -> None:
    (tmp_path / "solution.csv").write_text("id,label,usage\n1,cat,Public\n2,cat,Private\n3,,Ignored\n4,,Ignored\n")
    assert read_solution(tmp_path / "solution.csv").usage_counts() == {"public": 1, "private": 1, "ignored": 2}
    (tmp_path / "solution.csv").write_text("id,label\n1,strauß\n2,strauss\n3,strauß\n")
    with pytest.raises(LeaderboardError, match="line 3: the class 'strauss' differs from 'strauß'"):
        read_solution(tmp_path / "solution.csv")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"name": "CIFAR-10"}', "CIFAR-10"),
        ('{"name": "CIFAR\\u001b[2J"}', None),
        ('{"name": 10}', None),
        ('["CIFAR-10"]', None),
        ("CIFAR-10", None),
    ],
)
def test_the_name_of_the_data_is_printable_or_there_is_none(tmp_path: Path, text: str, name: str | None) -> None:
    (tmp_path / "dataset.json").write_text(text)
    assert dataset_name(tmp_path / "solution.csv") == name
