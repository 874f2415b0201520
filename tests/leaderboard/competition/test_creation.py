"""What a new competition hands out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leaderboard.competition.creation import create
from leaderboard.table import words

RULES = {"name": "test"}


@pytest.mark.parametrize("usage", [False, True])
def test_the_order_of_the_solution_says_nothing(tmp_path: Path, usage: bool) -> None:
    """Whether the file is sorted by label, by usage or at random, all that is handed out is the same."""
    generator = np.random.default_rng(0)
    labels, parts = generator.choice(["cat", "dog"], 120), generator.choice(["Public", "Private"], 120)
    rows = [f"{i},{label}" + f",{part}" * usage for i, (label, part) in enumerate(zip(labels, parts, strict=True), 1)]
    orders = {"as is": rows, "by label": sorted(rows, key=lambda row: row.split(",")[1:]), "reversed": rows[::-1]}
    samples = []
    for name, lines in orders.items():
        solution = tmp_path / f"{name}.csv"
        solution.write_text("\n".join(["id,label" + ",usage" * usage, *lines]) + "\n")
        made = create(tmp_path / name, solution, RULES)
        samples.append(made.sample.read_text())
        kept = made.solution(0)
        assert words.decode(kept.ids) == [str(i) for i in range(1, 121)]
        assert np.array_equal(np.array(kept.classes)[kept.truth], labels)
        assert not usage or np.array_equal(np.array(["Public", "Private"])[kept.split], parts)
    assert len(set(samples)) == 1


def test_class_names_may_hold_commas_and_quotes(tmp_path: Path) -> None:
    solution = tmp_path / "solution.csv"
    solution.write_text('id,label\n1,"a, b"\n2,"say ""c"""\n3,"a, b"\n4,"say ""c"""\n')
    made = create(tmp_path / "competition", solution, RULES)
    assert made.solution(0).classes == ("a, b", 'say "c"')
    assert made.sample.read_text() == 'id,label\n1,"a, b"\n2,"say ""c"""\n3,"a, b"\n4,"say ""c"""\n'
