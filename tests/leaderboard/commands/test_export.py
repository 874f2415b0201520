"""`export`: standings and entries as JSON and CSV."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from leaderboard.cli import main


def test_an_export_says_which_standings_it_holds_and_holds_every_team(board: Path, capsys) -> None:
    main(["team", "add", "silent", "gone"])
    for team in ("ada", "gone"):
        assert main(["submit", "-f", "good.csv", "--team", team]) == 0
    main(["team", "disable", "gone"])
    for part in ("public", "private"):
        capsys.readouterr()
        assert main(["export", "--format", "json"]) == 0
        held = json.loads(capsys.readouterr().out)
        assert held["part"] == part
        assert {(row["teamName"], row["rank"], row["part"]) for row in held["standings"]} == {
            ("ada", 1, part),
            ("silent", None, part),
            ("gone", None, part),
        }
        assert datetime.fromisoformat(held["standings"][0]["submissionDate"]).tzinfo is not None
        assert [(row["teamName"], row["selected"], row["counted"]) for row in held["submissions"]] == [
            ("ada", False, True),
            ("gone", False, True),
            ("silent", None, None),
        ]
        main(["leaderboard", "--format", "json"])
        assert {row["part"] for row in json.loads(capsys.readouterr().out)} == {part}
        if part == "public":
            public = held["standings"][0]["rows"]
            main(["freeze"])
            main(["reveal", "--yes"])
    assert held["standings"][0]["rows"] == 100 - public
    capsys.readouterr()
    assert main(["export", "--format", "csv", "--bom"]) == 0
    assert capsys.readouterr().out.startswith("\ufeffref,")
    assert main(["export", "--format", "json", "--bom"]) == 2
