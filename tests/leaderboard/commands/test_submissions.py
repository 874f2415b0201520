"""`submissions`: the entries under Kaggle's column names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leaderboard.cli import main


def test_kaggles_column_names(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", "-f", "good.csv", "--team", "ada"])
    capsys.readouterr()
    main(["submissions", "--format", "csv"])
    assert capsys.readouterr().out.startswith("ref,teamName,fileName,date,description,status,publicScore,selected\n")
    main(["leaderboard", "--format", "json"])
    assert {"teamId", "teamName", "submissionDate", "score"} <= json.loads(capsys.readouterr().out)[0].keys()


def test_a_rejected_file_has_no_score_and_counts_for_nothing(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", "-f", "good.csv", "--team", "ada"])
    main(["submit", "-f", "bad.csv", "--team", "ada"])
    capsys.readouterr()
    assert main(["export", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["submissions"]
    shown = [(row["fileName"], row["publicScore"] is None, row["selected"], row["counted"]) for row in rows]
    assert sorted(shown) == [("bad.csv", True, False, False), ("good.csv", False, False, True)]


def test_a_disabled_team_is_still_listed(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", "-f", "good.csv", "--team", "ada"])
    main(["team", "disable", "ada"])
    for command in ("export --format csv", "submissions --team ada --format csv"):
        capsys.readouterr()
        assert main(command.split()) == 0
        assert "ada,good.csv" in (out := capsys.readouterr().out)
        assert "complete, team disabled" in out
    main(["leaderboard", "--format", "json"])
    assert json.loads(capsys.readouterr().out) == []
