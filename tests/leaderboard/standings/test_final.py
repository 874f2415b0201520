"""The final standings as exported, against the log of what was entered and a computation in pandas."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from leaderboard.cli import main
from leaderboard.competition import entries, lifecycle, picks, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.final_files import file_name

Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture
def played(make: Make, alike, entry: Entry, clock) -> Competition:
    """Teams a and b with entries, one with a pick; a baseline; a team without an entry; one that is disabled."""

    def play() -> Competition:
        made = make()
        for name in ("silent", "gone"):
            teams.add(made, name)
        teams.add(made, "all cats", baseline=True)
        for team, accuracy, seed in (
            ("a", 0.6, 0),
            ("a", 0.7, 1),
            ("b", 0.8, 2),
            ("b", 0.5, 3),
            ("gone", 0.9, 4),
            ("all cats", 0.1, 5),
        ):
            clock.at += 60_000_000
            entries.submit(made, team, entry(accuracy, seed))
        picks.select(made, "b", [4])
        teams.set_disabled(made, "gone", True)
        lifecycle.set_frozen(made, True)
        return made

    return alike(play)


def exported(competition: Competition, capsys) -> pd.DataFrame:
    capsys.readouterr()
    assert main(["export", "final", "--format", "csv", "--competition", str(competition.root)]) == 0
    return pd.read_csv(io.StringIO(capsys.readouterr().out), dtype={"picks": str}).set_index("teamName")


def score(path: Path, solution: pd.DataFrame, usage: str) -> float:
    merged = solution[solution["usage"] == usage].merge(pd.read_csv(path), on="id")
    return float((merged["label_x"] == merged["label_y"]).mean())


def test_every_team_is_listed_with_what_pandas_computes(played: Competition, entry: Entry, capsys) -> None:
    table = exported(played, capsys)
    solution = pd.read_csv(played.solution_file(0))
    assert set(table.index) == {"a", "b", "silent", "gone", "all cats"}
    assert table["status"].to_dict() == {
        **{"a": "ranked", "b": "ranked", "all cats": "baseline", "silent": "no entry", "gone": "disabled"}
    }
    # Team a has no pick: the better private score of its two best public entries; b has picked its worse one.
    files = {1: entry(0.6, 0), 2: entry(0.7, 1), 4: entry(0.5, 3), 6: entry(0.1, 5)}
    best = max((1, 2), key=lambda number: score(files[number], solution, "Private"))
    for team, number in (("a", best), ("b", 4), ("all cats", 6)):
        row = table.loc[team]
        assert row["countingEntry"] == number
        assert row["privateScore"] == pytest.approx(score(files[number], solution, "Private"))
        assert row["publicScore"] == pytest.approx(score(files[number], solution, "Public"))
        assert row["sha256"] == hashlib.sha256(files[number].read_bytes()).hexdigest()
        assert row["countingDate"] == f"2025-11-24T12:0{number}:00+00:00"
    ranked = table[table["status"] == "ranked"]
    assert list(ranked["privateScore"].rank(ascending=False)) == list(ranked["rank"])
    assert list(ranked["publicRank"] - ranked["rank"]) == list(ranked["change"])
    assert table.loc["b", "picks"] == "4"
    assert table.loc["a", "picks"] != table.loc["a", "picks"], "no picks: an empty cell"
    assert set(table["standings"]) == {"final, not revealed"}
    lifecycle.reveal(played)
    assert set(exported(played, capsys)["standings"]) == {"final, revealed"}


def test_json_says_which_standings_it_holds(played: Competition, capsys) -> None:
    capsys.readouterr()
    assert main(["export", "final", "--format", "json", "--competition", str(played.root)]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["name"], value["standings"], len(value["teams"])) == ("test", "final, not revealed", 5)


def test_the_final_files_and_their_manifest(played: Competition, tmp_path: Path, capsys) -> None:
    out = tmp_path / "files"
    assert main(["export", "files", str(out), "--competition", str(played.root)]) == 0
    manifest = pd.read_csv(out / "manifest.csv").set_index("teamName")
    table = exported(played, capsys)
    assert set(manifest.index) == {"a", "b", "all cats"}
    for team, row in manifest.iterrows():
        assert hashlib.sha256((out / row["file"]).read_bytes()).hexdigest() == row["sha256"]
        assert (row["entry"], row["date"]) == (table.loc[team, "countingEntry"], table.loc[team, "countingDate"])
    assert {path.name for path in out.iterdir()} == {"manifest.csv", *manifest["file"]}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (out, *out.iterdir()))
    for wrong in (out, played.root / "files"):
        assert main(["export", "files", str(wrong), "--competition", str(played.root)]) == 2


def test_after_a_changed_file_there_is_no_folder(played: Competition, tmp_path: Path, capsys) -> None:
    table = exported(played, capsys)
    kept = played.archive.path(table.loc["a", "sha256"])
    kept.write_bytes(b"id,label\n")
    assert main(["export", "files", str(tmp_path / "files"), "--competition", str(played.root)]) == 2
    assert "audit verify; nothing was written" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if "files" in path.name]


@pytest.mark.parametrize(
    "command", ["export files", "export final out", "export files out --bom", "export final --bom"]
)
def test_options_that_do_not_go_together(played: Competition, command: str, capsys) -> None:
    assert main(["export", *command.split(), "--competition", str(played.root)]) == 2
    assert capsys.readouterr().err.startswith("leaderboard: ")


@pytest.mark.parametrize("command", ["leaderboard", "reveal --yes"])
def test_a_baseline_is_marked_in_the_table_or_by_a_column(played: Competition, command: str, capsys) -> None:
    capsys.readouterr()
    assert main([*command.split(), "--competition", str(played.root)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "all cats" in line]
    assert "all cats (baseline)" in line
    assert main([*command.split(), "--format", "csv", "--competition", str(played.root)]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out)).set_index("teamName")
    assert table["baseline"].to_dict() == {"a": False, "b": False, "all cats": True}


def row(team: str, number: int) -> dict:
    return {"rank": 1, "teamId": number, "teamName": team, "countingEntry": 5}


def test_names_are_safe_on_every_file_system_and_differ() -> None:
    names = [
        "CON",
        "aux.txt",
        "a/../b",
        "Ada",
        "ADA",
        "Ünï çödé",
        "陈省身",
        "x" * 300,
        "trailing. ",
        "a:b*c?",
        "-rf",
        "",
    ]
    files = [file_name(row(name, number)) for number, name in enumerate(names)]
    assert len({name.casefold() for name in files}) == len(names)
    for name in files:
        assert name.isascii()
        assert len(name) < 100
        assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
        assert name.endswith(".csv")
        assert not name.startswith((".", "-"))
