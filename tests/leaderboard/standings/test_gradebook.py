"""Points, and the files that gradebooks import, read back by pandas and by the rules of their imports."""

from __future__ import annotations

import csv
import io
import re
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leaderboard.cli import main
from leaderboard.competition import entries, members, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.roster_file import Row
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.gradebook import Scale, Steps
from leaderboard.standings.places import final_places
from leaderboard.standings.ranking import Standing

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
    told = [Scale(0.5, 0.9, 20).points_of(score) for score in scores]
    np.testing.assert_allclose(told, np.interp(scores, [0.5, 0.9], [0, 20]), atol=0.005)


@pytest.mark.parametrize(
    "values", [(0.9, 0.5, 10), (0.5, 0.5, 10), (0.5, 90, 10), (0.5, 1.5, 10), (0.1, 0.5, 0), (-1, 0.5, 10)]
)
def test_invalid_scales(values: tuple[float, float, float]) -> None:
    with pytest.raises(LeaderboardError, match="--"):
        Scale(*values)


def test_the_borders_of_a_scale_are_valid_and_points_are_rounded_to_cents() -> None:
    """Three of seven hits on the scale from 0 to 1 are 3/7 of the points."""
    assert [Scale(0, 1, 10_000).points_of(score) for score in (0, 3 / 7, 1)] == [0, 4285.71, 10_000]
    for points in (0, 10_001):
        with pytest.raises(LeaderboardError, match=f"--points {points}: it must be more than 0 and at most 10000"):
            Scale(0, 1, points)


@pytest.fixture
def competition(make: Make, alike, entry: Entry) -> Competition:
    def play() -> Competition:
        made = make()
        members.import_roster(made, STUDENTS, [], lambda issued: None)
        for team, accuracy in (("a", 0.8), ("b", 0.6), ("gone", 0.9)):
            entries.submit(made, team, entry(accuracy))
        teams.set_disabled(made, "gone", True)
        return made

    return alike(play)


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
    with competition.read_transaction() as connection:
        hits = {m.after.team.name: m.after.score for m in final_places(connection, "earlier", 2)}
    points = {name: f"{np.interp(s.hits / s.rows, [0.4, 0.95], [0, 20]):.2f}" for name, s in hits.items()}
    return [{**points, "silent": "0.00", "gone": ""}[row.team] for row in STUDENTS]


def moodle_import(path: Path, users: set[str]) -> dict[str, float]:
    """The grades of a new item, as load_data.php of Moodle takes them when `ID number` is mapped to useridnumber."""
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    identity, (grade,) = header.index("ID number"), [i for i in range(len(header)) if i > 1]
    taken = {}
    for row in rows:
        assert len(row) == len(header)
        assert row[identity] in users, "usermappingerror: the whole import fails"
        assert row[grade].strip(), "an empty cell would be a grade"
        value = float(row[grade])
        assert value <= 100, "gradevaluetoobig"
        taken[row[identity]] = value
    return taken


def canvas_import(path: Path) -> tuple[str, float, dict[str, float]]:
    """The assignment, its points and the grades, as gradebook_importer.rb of Canvas finds them; blank is no change."""
    header, possible, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    assert header[0] == "Student"
    assert re.search("ID", header[1])
    known = {"Student", "ID", "SIS User ID", "SIS Login ID", "Section"}
    (title,) = [name for name in header if name not in known]
    at = header.index(title)
    assert possible[0].strip() == "Points Possible"
    grades = {row[header.index("SIS User ID")]: float(row[at]) for row in rows if row[at]}
    return title, float(possible[at]), grades


def test_moodle(competition: Competition, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = export(competition, tmp_path / "m.csv", "--for", "moodle")
    assert list(table) == ["ID number", "Email address", "test"]
    # pandas is not told of types: an ID that begins with 0 must stay text in the file.
    graded = [(row, points) for row, points in zip(STUDENTS, expected(competition), strict=True) if points]
    assert list(table["ID number"]) == [row.student_id for row, _ in graded]
    assert list(table["Email address"]) == [row.email for row, _ in graded]
    assert list(table["test"]) == [points for _, points in graded]
    taken = moodle_import(tmp_path / "m.csv", {row.student_id for row in STUDENTS})
    assert taken == {row.student_id: float(points) for row, points in graded}
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
    wanted = {row.student_id: float(p) for row, p in zip(STUDENTS, expected(competition), strict=True) if p}
    assert canvas_import(tmp_path / "c.csv") == ("CIFAR-10", 20.0, wanted)


def place(team: str, group: int | None) -> Standing:
    return Standing(group, SimpleNamespace(name=team), None, None, 1, group)  # type: ignore[arg-type]


def test_equal_steps_from_group_to_group() -> None:
    places = [place("a", 1), place("b", 1), place("c", 2), place("baseline", None), place("d", 3)]
    assert Steps(20)(places) == {"a": 20.0, "b": 20.0, "c": 13.33, "d": 6.67}
    assert Steps(20)([]) == {}


def test_points_by_groups_are_those_of_the_final_standings(competition: Competition, tmp_path: Path) -> None:
    command = ["gradebook", "--competition", str(competition.root), "--for", "moodle", "--rule", "groups"]
    assert main([*command, "--points", "10", "--out", str(tmp_path / "m.csv")]) == 0
    with competition.read_transaction() as connection:
        group = {m.after.team.name: m.after.group for m in final_places(connection, "earlier", 2)}
    assert group == {"a": 1, "b": 2}
    taken = moodle_import(tmp_path / "m.csv", {row.student_id for row in STUDENTS})
    assert taken == {"007": 10.0, "s02": 10.0, "s03": 5.0, "s04": 0.0}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--for moodle", "needs --zero SCORE and --full SCORE"),
        ("--for moodle --rule groups --zero 0.1", "leave them out"),
        ("--for ilias --rule groups", "--fill status.csv go together"),
        ("--for canvas --rule groups --fill x.csv", "--fill status.csv go together"),
        ("--for canvas --rule groups --pass 10", "--pass is for --for ilias"),
        ("--for moodle --rule groups --points 0", "--points 0.0: it must be more than 0 and at most 10000"),
    ],
)
def test_options_that_do_not_go_together(options: str, told: str, tmp_path: Path, capsys) -> None:
    assert main(["gradebook", *options.split(), "--out", str(tmp_path / "out.csv")]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_title_that_canvas_passes_over(competition: Competition, tmp_path: Path) -> None:
    command = ["gradebook", "--competition", str(competition.root), "--for", "canvas", "--zero", "0", "--full", "1"]
    assert main([*command, "--out", str(tmp_path / "c.csv"), "--title", "Final Score"]) == 2
    assert not (tmp_path / "c.csv").exists()
