"""A status file of ILIAS, filled in, and read back by the rules of the plugin that takes it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.gradebook import Grade
from leaderboard.standings.ilias import MEMBERS, TEAMS, fill_status_file

GRADES = [
    Grade("Jürgen Müller", "007", "jm@uni.example", 12.5),
    Grade("王小明", "s02", "Wang@uni.example", 4.0),
    Grade("Zoë", "s03", "zoe@uni.example", None),
    Grade("Eve", "s05", "eve@uni.example", 1.0),
]
ROWS = [
    ("0", "301", "JM", "Müller", "Jürgen", "notgraded", "", "", "=ok, nice", "", ""),
    ("0", "302", "s02", "王", "小明", "failed", "3", "-", "", "", ""),
    ("0", "303", "zoe@uni.example", "", "Zoë", "notgraded", "", "", "", "", ""),
    ("1", "304", "stranger", "", "", "passed", "9", "", "", "", ""),
]


def write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]], separator: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return path


def plugin_reads(path: Path) -> dict[str, tuple[str, str]]:
    """Status and mark of each usr_id or team_id that ilPluginExAssignmentStatusFile would update."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    table = pd.read_csv(path, sep=";" if first.count(";") > first.count(",") else ",", dtype=str, keep_default_na=False)
    assert tuple(table) in (MEMBERS, TEAMS)
    chosen = table[table["update"].astype(int) != 0]
    assert set(chosen["status"]) <= {"notgraded", "passed", "failed"}
    return {row.iloc[1]: (row["status"], row["mark"]) for _, row in chosen.iterrows()}


@pytest.mark.parametrize("separator", [",", ";"])
def test_members(tmp_path: Path, separator: str) -> None:
    filled = fill_status_file(write(tmp_path / "status.csv", MEMBERS, ROWS, separator), GRADES, passed_from=10)
    (tmp_path / "filled.csv").write_text(filled.text)
    assert plugin_reads(tmp_path / "filled.csv") == {"301": ("passed", "12.50"), "302": ("failed", "4.00")}
    assert (filled.updated, filled.unknown) == (2, ["stranger"])
    assert [grade.name for grade in filled.missing] == ["Eve"]
    # A comment stays unchanged, and so does a row without a matching student, except for its column update.
    rows = list(csv.reader(io.StringIO(filled.text), delimiter=separator))
    assert rows[1][8] == "=ok, nice"
    assert rows[4] == ["0", *ROWS[3][1:]]


def test_without_a_pass_mark_the_status_stays(tmp_path: Path) -> None:
    filled = fill_status_file(write(tmp_path / "status.csv", MEMBERS, ROWS), GRADES, passed_from=None)
    (tmp_path / "filled.csv").write_text(filled.text)
    assert plugin_reads(tmp_path / "filled.csv") == {"301": ("notgraded", "12.50"), "302": ("failed", "4.00")}


def test_as_many_points_as_asked_for_are_a_pass(tmp_path: Path) -> None:
    path = write(tmp_path / "status.csv", MEMBERS, ROWS)
    for passed_from, status in ((12.5, "passed"), (12.51, "failed")):
        rows = csv.DictReader(io.StringIO(fill_status_file(path, GRADES, passed_from).text))
        assert next(rows)["status"] == status


def test_teams(tmp_path: Path) -> None:
    same = [
        Grade("A", "1", "a@x.example", 7.0),
        Grade("B", "2", "b@x.example", 7.0),
        Grade("C", "3", "c@x.example", 8.0),
    ]
    end = ("notgraded", "", "", "", "", "")
    path = write(tmp_path / "status.csv", TEAMS, [("0", "13", "a, b", *end), ("0", "14", "c", *end)])
    (tmp_path / "filled.csv").write_text(fill_status_file(path, same, None).text)
    assert plugin_reads(tmp_path / "filled.csv") == {"13": ("notgraded", "7.00"), "14": ("notgraded", "8.00")}
    mixed = write(tmp_path / "mixed.csv", TEAMS, [("0", "13", "a, c", *end)])
    with pytest.raises(LeaderboardError, match="one team in ILIAS but not here, with 7"):
        fill_status_file(mixed, same, None)


def test_zero_points_are_named_too_if_a_team_of_ilias_has_two_amounts(tmp_path: Path) -> None:
    grades = [Grade("Ada", "a", "a@uni.example", 0.0), Grade("Bo", "b", "b@uni.example", 7.0)]
    path = write(tmp_path / "status.csv", TEAMS, [("0", "9", "a, b", "notgraded", "", "", "", "", "")])
    with pytest.raises(LeaderboardError, match=r"with 0\.00, 7\.00 points"):
        fill_status_file(path, grades, None)


def test_a_login_that_matches_two_students_is_unknown(tmp_path: Path) -> None:
    twins = [Grade("A", "1", "kim@a.example", 1.0), Grade("B", "2", "kim@b.example", 2.0)]
    row = ("0", "301", "kim", "", "", "notgraded", "", "", "", "", "")
    filled = fill_status_file(write(tmp_path / "status.csv", MEMBERS, [row]), twins, None)
    assert (filled.updated, filled.unknown) == (0, ["kim"])


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("status.xlsx", b"PK", "is a workbook"),
        ("status.csv", b"login;mark\n", "does not begin with update,usr_id"),
        ("status.csv", b"\xff\xfe", "not UTF-8"),
        ("status.csv", ",".join(MEMBERS).encode(), "no rows"),
        ("status.csv", ",".join(MEMBERS).encode() + b"\n0,1\n", "too few columns"),
        ("status.csv", b"x" * 131_073, r"is not a CSV file \(field larger than field limit \(131072\)\)"),
    ],
)
def test_files_that_are_not_a_status_file(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LeaderboardError, match=told):
        fill_status_file(tmp_path / name, GRADES, None)


@pytest.mark.parametrize(("size", "told"), [(10_000_000, "is not UTF-8"), (10_000_001, "than 10,000,000 bytes")])
def test_a_status_file_has_at_most_ten_million_bytes(tmp_path: Path, size: int, told: str) -> None:
    """The file is sparse but for a byte that is not UTF-8, so that one of the permitted size is read no further."""
    with (tmp_path / "status.csv").open("wb") as file:
        file.write(b"\xff")
        file.truncate(size)
    with pytest.raises(LeaderboardError, match=told):
        fill_status_file(tmp_path / "status.csv", GRADES, None)
