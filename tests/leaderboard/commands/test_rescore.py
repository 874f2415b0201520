"""`rescore` and `inspect`: an entry is read as it was accepted, whatever the rules say later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leaderboard.cli import main
from tests.leaderboard.commands.conftest import CLASSES


def test_what_a_file_once_was_does_not_hang_on_later_rules(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two teams' files of probabilities, and one of labels; then the rules take probabilities no more."""
    rules = board / "competition" / "rules.toml"
    rules.write_text(rules.read_text().replace("probabilities = false", "probabilities = true"))
    truth = [line.split(",")[1] for line in (board / "solution.csv").read_text().split()[1:]]
    rows = "".join(f"{i},{','.join('1' if c == label else '0' for c in CLASSES)}\n" for i, label in enumerate(truth, 1))
    (board / "first.csv").write_text(f"id,bird,cat,dog\n{rows}")
    (board / "chance.csv").write_text("id,label\n" + "".join(f"{i},cat\n" for i in range(1, 101)))
    main(["team", "add", "bob"])
    assert main(["submit", "-f", "first.csv", "--team", "ada"]) == 0
    assert main(["submit", "-f", "chance.csv", "--team", "bob"]) == 0
    rules.write_text(rules.read_text().replace("probabilities = true", "probabilities = false"))
    capsys.readouterr()
    assert main(["inspect", "--format", "json"]) == 0
    assert [(f["kind"], f["teams"]) for f in json.loads(capsys.readouterr().out)] == [
        ("no errors", "ada"),
        ("chance level", "bob"),
    ]
    assert main(["inspect", "1"]) == 0
    (board / "fixed.csv").write_text((board / "solution.csv").read_text().replace(",cat", ",dog", 1))
    assert main(["rescore", "--solution", "fixed.csv"]) == 0
