"""`team`: teams added, imported from a roster, and their tokens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leaderboard.cli import main


def test_a_token_is_neither_an_option_nor_a_formula(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["team", "add", *(f"team {n}" for n in range(64)), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row["token"].isalnum() and len(row["token"]) == 32 for row in rows)
    assert len({row["token"] for row in rows}) == 64
    assert main(["submit", "-f", "good.csv", "--token", rows[0]["token"]]) == 0


def test_several_teams_are_added_all_or_none(board: Path, capsys) -> None:
    assert main(["team", "add", "Bob", "\u0430da", "Cleo"]) == 2
    assert "'ada', which looks like" in capsys.readouterr().err
    main(["team", "list", "--format", "json"])
    assert [row["teamName"] for row in json.loads(capsys.readouterr().out)] == ["ada"]


def test_a_roster_with_problems_and_one_without(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = board / "roster.csv"
    roster.write_text("name,student id,e-mail,team\nZoë,1,zoe,新队\n,2,b@uni.example,新队\n")
    assert main(["team", "import", "roster.csv", "--tokens", "tokens.csv"]) == 2
    first, second, last = capsys.readouterr().err.splitlines()
    assert first == "roster.csv line 2: 'zoe' is not an e-mail address"
    assert second == "roster.csv line 3: the name is empty"
    assert "nothing was imported" in last
    assert not (board / "tokens.csv").exists()
    roster.write_text("name,student id,e-mail,team\nZoë,1,zoe@uni.example,新队\n")
    assert main(["team", "import", "roster.csv", "--tokens", "tokens.csv"]) == 0
    capsys.readouterr()
    assert main(["team", "members", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "teamName,name,studentId,email\n新队,Zoë,1,zoe@uni.example\n"
    assert main(["team", "import", "roster.csv", "--tokens", "tokens.csv"]) == 2
    assert "choose a new file" in capsys.readouterr().err
