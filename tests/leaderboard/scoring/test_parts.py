"""The parts of a solution, its classes, and the rows of a table per class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring.details import class_rows
from leaderboard.scoring.parts import score_parts
from leaderboard.scoring.solution import read_solution


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ("Public Public Private Ignored", {"all": (2, 3), "public": (1, 2), "private": (1, 1)}),
        ("Public Public Public Ignored", {"all": (2, 3)}),
        ("Private Private Private Ignored", {"all": (2, 3)}),
    ],
)
def test_a_split_solution_has_two_parts_only_if_both_have_rows(
    tmp_path: Path, usage: str, counts: dict[str, tuple[int, int]]
) -> None:
    rows = zip(("cat", "dog", "cat", "dog"), usage.split(), strict=True)
    text = "id,label,usage\n" + "".join(f"{i},{label},{part}\n" for i, (label, part) in enumerate(rows, 1))
    (tmp_path / "solution.csv").write_text(text)
    solution = read_solution(tmp_path / "solution.csv")
    classes = list(solution.classes)
    guess = np.array([classes.index(label) for label in ("cat", "cat", "cat", "cat")])
    scores = score_parts(solution, guess, "accuracy")
    assert {name: (score.hits, score.rows) for name, score in scores.items()} == counts


def test_the_columns_of_the_class_table_differ_from_the_class_names(tmp_path: Path) -> None:
    (tmp_path / "solution.csv").write_text("id,label\n1,true\n2,accuracy\n3,true\n")
    solution = read_solution(tmp_path / "solution.csv")
    columns, rows = class_rows(solution, np.array([solution.classes.index("true")] * 3))
    assert columns[:2] == ("true_", "accuracy_")
    assert sorted((row["true_"], row["accuracy_"], row["true"], row["accuracy"]) for row in rows) == [
        ("accuracy", 0.0, 1, 0),
        ("true", 1.0, 2, 0),
    ]


def test_a_class_without_rows_has_no_accuracy_and_names_are_lengthened_until_they_differ(tmp_path: Path) -> None:
    (tmp_path / "solution.csv").write_text("id,label\n1,true\n2,true\n")
    solution = read_solution(tmp_path / "solution.csv", ("true", "true_"))
    columns, rows = class_rows(solution, np.array([0, 1]))
    assert columns == ("true__", "accuracy", "true", "true_")
    assert [(row["true__"], row["accuracy"]) for row in rows] == [("true", 0.5), ("true_", None)]


@pytest.mark.parametrize("unknown", ["x", "a much longer name than any class has"])
def test_a_label_that_is_not_a_class_is_named_with_its_line(tmp_path: Path, unknown: str) -> None:
    (tmp_path / "solution.csv").write_text(f"id,label\n1,cat\n2,{unknown}\n3,dog\n")
    with pytest.raises(LeaderboardError, match=f"line 3: the label '{unknown}' is not one of cat, dog"):
        read_solution(tmp_path / "solution.csv", ("cat", "dog"))
