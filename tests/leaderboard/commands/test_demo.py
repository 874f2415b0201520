"""`demo`: what it prints is what the next command takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.cli import main
from leaderboard.competition import demo


def test_the_token_that_it_prints_is_the_teams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "ROWS", 300)
    monkeypatch.setattr(demo, "TEAMS", ("Ada", "Grace"))
    folder = str(tmp_path / "demo")
    assert main(["demo", folder]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{folder}: 2 teams and their entries, all made up.\n")
    token = said.split("Token of Ada: ")[1].split()[0]
    assert main(["quota", "--competition", folder, "--token", token]) == 0
    assert main(["audit", "verify", "--competition", folder]) == 0
    assert f"leaderboard serve --competition {folder}" in said
    capsys.readouterr()
    assert main(["demo", folder]) == 2
    assert "exists and is not empty" in capsys.readouterr().err
