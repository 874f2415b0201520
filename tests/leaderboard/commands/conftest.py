"""A working folder and a competition in it for the commands as typed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leaderboard.cli import main

CLASSES = np.array(["bird", "cat", "dog"])


def write(path: Path, labels: np.ndarray) -> Path:
    path.write_text("id,label\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels, 1)))
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a solution, a good and a bad submission."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADERBOARD_DIR", raising=False)
    monkeypatch.delenv("LEADERBOARD_TOKEN", raising=False)
    generator = np.random.default_rng(0)
    truth = generator.choice(CLASSES, 100)
    write(tmp_path / "solution.csv", truth)
    write(tmp_path / "good.csv", np.where(generator.random(100) < 0.8, truth, "cat"))
    write(tmp_path / "bad.csv", np.char.upper(truth))
    return tmp_path


@pytest.fixture
def board(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A competition in ./competition with the team ada."""
    assert main(["init", "competition", "--solution", "solution.csv", "--name", "Test", "--seed", "1"]) == 0
    assert main(["team", "add", "ada"]) == 0
    capsys.readouterr()
    return home
