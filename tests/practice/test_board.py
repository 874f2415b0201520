"""The practice competition: made once, with baselines, through the leaderboard's own command line."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from leaderboard.cli import main as leaderboard_main
from pipeline.cli import main
from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES
from pipeline.data.settings import DataConfig
from pipeline.practice import board
from tests.forked import run_in_fork

TRUTH = np.arange(200) % 10


def table(labels) -> str:
    return "id,label\n" + "".join(f"{i},{CLASSES[label]}\n" for i, label in enumerate(labels, 1))


@pytest.fixture(autouse=True)
def commands_in_forks(tmp_path_factory, monkeypatch):
    """The leaderboard's commands run in forks, since each new process would import the leaderboard again."""

    for module in ("competition.creation", "competition.entries", "page.publish", "commands.init", "commands.submit"):
        importlib.import_module(f"leaderboard.{module}")

    def run(words, stdout, text, check):
        assert words[:3] == [sys.executable, "-m", "leaderboard"]
        here = Path.cwd()

        def work() -> int:
            os.chdir(here)
            return leaderboard_main(words[3:])

        code, output, error = run_in_fork(work, tmp_path_factory.mktemp("command"))
        sys.stderr.write(error)
        if stdout is None:
            sys.stdout.write(output.decode())
        return subprocess.CompletedProcess(words, code, output.decode())

    monkeypatch.setattr("pipeline.practice.board.subprocess.run", run)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two hundred labelled images in place of a data set, and a finished run that gets 90 % of them right."""

    def write_solution(folder, config, name):
        folder.mkdir(exist_ok=True)
        (folder / "dataset.json").write_text(json.dumps({"name": name}))
        (folder / "solution.csv").write_text(table(TRUTH))
        (folder / "solution.csv").chmod(0o600)
        return folder / "solution.csv"

    monkeypatch.setattr("pipeline.practice.board.write_solution", write_solution)
    monkeypatch.setattr(
        "pipeline.practice.board.write_linear", lambda out, config, seed=0: out.write_text(table(TRUTH // 2))
    )
    monkeypatch.setattr("pipeline.practice.board.source_of", lambda run: DataConfig())
    run = tmp_path / "run"
    run.mkdir()
    (run / "summary.json").write_text(json.dumps({"data": "stand-in"}))
    guess = np.where(np.arange(200) < 180, TRUTH, (TRUTH + 1) % 10)
    (run / "submission.csv").write_text(table(guess))
    return run


def test_submit_makes_the_competition_scores_and_ranks(files, tmp_path, capfd):
    board = tmp_path / "board"
    assert main(["submit", str(files), "--competition", str(board), "--team", "ünï <b>"]) == 0
    out = capfd.readouterr().out
    assert "stand-in: accuracy 0.9000 (180 of 200" in out
    assert "Rank 1 of 1" in out
    assert f"standings: python -m pipeline standings {files} --competition {board}, or open" in out
    page = tmp_path / "board-stand-in-page" / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "classes in turn" in text
    assert "ünï <b>" not in text
    assert main(["submit", str(files), "--competition", str(board), "--team", "ünï <b>"]) == 0
    again = capfd.readouterr()
    assert "making" not in again.out
    assert "already" in again.err
    assert main(["standings", str(files), "--competition", str(board)]) == 0
    out = capfd.readouterr().out
    assert "linear on pixels" in out
    assert str(page) in out


def test_submit_refuses_an_unfinished_run_and_a_bad_file(files, tmp_path, capfd):
    assert main(["submit", str(tmp_path / "nowhere")]) == 2
    assert f"there is no run {tmp_path / 'nowhere'}" in capfd.readouterr().err
    (tmp_path / "stopped").mkdir()
    (tmp_path / "stopped" / "config.yaml").write_text("")
    assert main(["submit", str(tmp_path / "stopped")]) == 2
    assert "--resume" in capfd.readouterr().err
    (files / "submission.csv").write_text("id,label\n1,Cat\n")
    assert main(["submit", str(files), "--competition", str(tmp_path / "board")]) == 2
    assert "refused" in capfd.readouterr().err


def test_kaggles_labels_are_kaggles(files, capfd):
    (files / "summary.json").write_text(json.dumps({"data": "kaggle"}))
    assert main(["submit", str(files)]) == 0
    assert "upload" in capfd.readouterr().out


def test_images_that_came_without_test_labels_are_handed_in(files, capfd, monkeypatch):
    """As a participant's, whose folder the tutor has prepared."""
    monkeypatch.setattr("pipeline.practice.board.source_of", lambda run: DataConfig(source="kaggle"))
    (files / "summary.json").write_text(json.dumps({"data": "cifar10"}))
    assert main(["submit", str(files)]) == 0
    assert f"hand in {files / 'submission.csv'}" in capfd.readouterr().out


def test_standings_need_a_competition(files, tmp_path):
    with pytest.raises(UserError, match="make submit"):
        practice_standings(files, tmp_path)


def practice_standings(run, folder):
    from pipeline.commands import standings

    return standings.main([str(run), "--competition", str(folder / "none")])


def test_the_stand_ins_folder_says_so(tmp_path):
    assert board.folder_of("stand-in", tmp_path / "c").name == "c-stand-in"
    assert board.folder_of("cifar10", tmp_path / "c").name == "c"


def test_the_practice_competition_keeps_away_from_the_tutors(tmp_path, monkeypatch):
    """`competition` is the tutor's name for theirs: nothing enters it unasked, and a practice one lies elsewhere."""
    monkeypatch.chdir(tmp_path)
    real = tmp_path / "competition"
    real.mkdir()
    (real / "rules.toml").write_text("")
    assert board.folder_of("cifar10", None) == Path("practice")
    assert board.folder_of("stand-in", None) == Path("practice-stand-in")
    assert board.folder_of("cifar10", real) == real
    (tmp_path / "practice").mkdir()
    (tmp_path / "practice" / "rules.toml").write_text("")
    with pytest.raises(UserError, match="not one for practice"):
        board.folder_of("cifar10", None)
    (tmp_path / "practice" / board.MARK).write_text(board.MARKED)
    assert board.folder_of("cifar10", None) == Path("practice")


def test_a_practice_competition_of_an_older_version_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("competition", "competition-solution"):
        (tmp_path / folder).mkdir()
    for file in ("competition/rules.toml", "competition-solution/solution.csv", "competition-solution/linear.csv"):
        (tmp_path / file).write_text("")
    assert board.folder_of("cifar10", None) == Path("competition")


def test_submit_marks_what_it_makes(files, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["submit", str(files)]) == 0
    assert (tmp_path / "practice-stand-in" / board.MARK).read_text() == board.MARKED
    assert main(["standings", str(files)]) == 0
    assert not (tmp_path / "competition").exists()
