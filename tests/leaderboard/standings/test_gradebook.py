"""Points, and the files that gradebooks import, read back by pandas and by the rules of their imports."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboard.cli import main
from leaderboard.competition import entries, members, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.roster_file import Row
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.assembly import final_places
from leaderboard.standings.gradebook import Scale

Make, Entry = Callable[..., Competition], Callable[..., Path]

STUDENTS = [
    Row(2, "Jürgen Müller", "007", "jm@uni.example", "a"),
    Row(3, "王小明", "s02", "wang@uni.example", "a"),
    Row(4, "Zoë", "s03", "zoe@uni.example", "b"),
    Row(5, "Ben", "s04", "ben@uni.example", "silent"),
    Row(6, "Eve", "s05", "eve@uni.example", "gone"),
]


def test_points_are_linear_between_two_scores() -> None:
    scores = np.linspace(0, 1, 101)
    told = [Scale(0.5, 0.9, 20)(score) for score in scores]
    np.testing.assert_allclose(told, np.interp(scores, [0.5, 0.9], [0, 20]), atol=0.005)


@pytest.mark.parametrize("values", [(0.9, 0.5, 10), (0.5, 0.5, 10), (0.5, 90, 10), (0.1, 0.5, 0), (-1, 0.5, 10)])
def test_a_scale_that_makes_no_sense(values: tuple[float, float, float]) -> None:
    with pytest.raises(LeaderboardError, match="--"):
        Scale(*values)


@pytest.fixture
def competition(make: Make, entry: Entry) -> Competition:
    made = make()
    members.import_roster(made, STUDENTS, [], lambda issued: None)
    for team, accuracy in (("a", 0.8), ("b", 0.6), ("gone", 0.9)):
        entries.submit(made, team, entry(accuracy))
    teams.set_disabled(made, "gone", True)
    return made


def export(competition: Competition, out: Path, *options: str) -> pd.DataFrame:
    command = [
        "gradebook",
        "--competition",
        str(competition.root),
        "--zero",
        "0.4",
        "--full",
        "0.95",
        "--out",
        str(out),
    ]
    assert main([*command, "--points", "20", *options]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return pd.read_csv(out, dtype=str, keep_default_na=False)


def expected(competition: Competition) -> list[str]:
    with competition.reading() as connection:
        hits = {m.after.team.name: m.after.score for m in final_places(connection, "earlier", 2)}
    points = {name: f"{np.interp(s.hits / s.rows, [0.4, 0.95], [0, 20]):.2f}" for name, s in hits.items()}
    return [{**points, "silent": "0.00", "gone": ""}[row.team] for row in STUDENTS]


def test_moodle(competition: Competition, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = export(competition, tmp_path / "m.csv", "--for", "moodle")
    assert list(table) == ["ID number", "Email address", "test"]
    # pandas is not told of types: an ID that begins with 0 must stay text in the file.
    assert list(table["ID number"]) == [row.student_id for row in STUDENTS]
    assert list(table["Email address"]) == [row.email for row in STUDENTS]
    assert list(table["test"]) == expected(competition)
    told = capsys.readouterr().out
    assert "1 of them are in a team that was taken off the board" in told
    assert "not revealed" in told


def test_canvas(competition: Competition, tmp_path: Path) -> None:
    table = export(competition, tmp_path / "c.csv", "--for", "canvas", "--title", "CIFAR-10")
    assert list(table) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "CIFAR-10"]
    assert list(table.iloc[0]) == ["Points Possible", "", "", "", "", "20.00"]
    students = table.iloc[1:]
    assert list(students["Student"]) == [row.name for row in STUDENTS]
    assert list(students["SIS User ID"]) == [row.student_id for row in STUDENTS]
    assert list(students["CIFAR-10"]) == expected(competition)


def test_a_title_that_canvas_passes_over(competition: Competition, tmp_path: Path) -> None:
    command = ["gradebook", "--competition", str(competition.root), "--for", "canvas", "--zero", "0", "--full", "1"]
    assert main([*command, "--out", str(tmp_path / "c.csv"), "--title", "Final Score"]) == 2
    assert not (tmp_path / "c.csv").exists()
