"""The parts of a solution: all rows, and the public and private part if there are rows of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
