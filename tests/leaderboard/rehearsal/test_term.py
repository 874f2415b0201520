"""The simulated term: its output, its files, and its standings against pandas."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from leaderboard.cli import main
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import system_clock, use_clock
from leaderboard.rehearsal import term
from leaderboard.rehearsal.script import Command, script


@pytest.fixture(scope="module")
def told_and_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a rehearsal on 2,000 rows rather than 10,000 says, and its folder."""
    folder, out = tmp_path_factory.mktemp("rehearsal") / "term", io.TextIOWrapper(io.BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(term, "ROWS", 2000)
        patch.setenv("COLUMNS", "110")
        patch.setenv("LEADERBOARD_TOKEN", "of another competition")
        assert main(["rehearse", str(folder)]) == 0
        assert os.environ["LEADERBOARD_TOKEN"] == "of another competition"
    out.seek(0)
    return out.read(), folder


@pytest.fixture
def rehearsed(told_and_folder: tuple[str, Path]) -> Path:
    return told_and_folder[1]


def test_the_files_of_a_rehearsal(rehearsed: Path) -> None:
    for name in ("site/index.html", "report.html", "public.html", "moodle.csv", "final-files/manifest.csv", "backup"):
        assert (rehearsed / name).exists(), name
    assert "Final" in (rehearsed / "site" / "index.html").read_text()
    assert main(["audit", "verify", "--scores", "--competition", str(rehearsed / "competition")]) == 0


def test_the_final_standings_are_those_of_pandas(rehearsed: Path) -> None:
    competition = Competition(rehearsed / "competition")
    truth = pd.read_csv(competition.solution_file(0)).set_index("id")
    private = truth[truth["usage"] == "Private"]["label"]
    manifest = pd.read_csv(rehearsed / "final-files" / "manifest.csv").set_index("teamName")
    scores = {}
    for name, row in manifest.iterrows():
        data = (rehearsed / "final-files" / row["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        given = pd.read_csv(rehearsed / "final-files" / row["file"]).set_index("id")["label"]
        scores[name] = (given[private.index] == private).mean()
    assert manifest["privateScore"].to_dict() == pytest.approx(scores)
    ranked = manifest[manifest["status"] == "ranked"]
    assert ranked["privateScore"].is_monotonic_decreasing
    assert list(ranked["rank"]) == list(range(1, len(ranked) + 1))
    # The copy is void and the late file does not rank; the file under the grant counts.
    assert term.COPIER not in ranked.index
    assert len(pd.read_csv(rehearsed / "moodle.csv")) == 2 * term.TEAMS
    assert pd.read_csv(rehearsed / "moodle.csv")["Rehearsal"].between(0, 20).all()


def test_what_a_tutor_sees(told_and_folder: tuple[str, Path], capsys) -> None:
    told, folder = told_and_folder
    assert told.count("\n== ") == 9
    for words in (
        "has used its 5 entries of today",
        "It came after the deadline: it is kept and scored, and does not rank",
        "near-copy  Team 03 / Team 40",
        "The board has stood still since",
        "80 students for Moodle",
        "intact: ",
    ):
        assert words in told
    assert main(["rehearse", str(folder)]) == 2
    assert "exists: choose a new folder" in capsys.readouterr().err


def test_the_commands_of_the_script_are_those_of_the_parser(tmp_path: Path) -> None:
    from leaderboard.cli import build_parser

    parser = build_parser()
    commands = [step for step in script(term.prepare(tmp_path, datetime.now(UTC))) if isinstance(step, Command)]
    for command in commands:
        parser.parse_args([word if isinstance(word, str) else "1" for word in command.words])
    assert {"init", "team", "rules", "submit", "inspect", "freeze", "reveal", "report", "backup"} <= {
        command.words[0] for command in commands
    }


def test_a_simulated_clock_ends_with_its_block() -> None:
    with use_clock(lambda: 7):
        assert system_clock() == 7
    assert system_clock() > 1_700_000_000_000_000
