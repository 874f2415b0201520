"""`validate`: a file is checked without labels, under the rules beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leaderboard.cli import main


def test_validate_needs_no_labels(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = "competition/sample_submission.csv"
    assert main(f"validate good.csv --sample {sample}".split()) == 0
    assert main(f"validate {sample}".split()) == 0
    assert main(f"validate bad.csv --sample {sample} --format json".split()) == 1
    report = json.loads(capsys.readouterr().out.split("valid\n")[-1])
    assert (report["valid"], report["counts"]) == (False, {"LABEL_CASE": 100})


def test_a_crash_is_no_verdict_on_a_file(board: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    def crash(*_):
        raise ZeroDivisionError("x")

    monkeypatch.setattr("leaderboard.submission.validate_file", crash)
    assert main(["validate", "good.csv", "--sample", "competition/sample_submission.csv"]) == 4
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_validate_beside_the_competition_follows_its_rules(board: Path) -> None:
    rows = "".join(f"{i},0.2,0.5,0.3\n" for i in range(1, 101))
    (board / "probabilities.csv").write_text(f"id,bird,cat,dog\n{rows}")
    assert main(["validate", "probabilities.csv"]) == 1
    rules = board / "competition" / "rules.toml"
    rules.write_text(rules.read_text().replace("probabilities = false", "probabilities = true"))
    assert main(["validate", "probabilities.csv"]) == 0


def test_the_name_of_a_file_does_not_command_the_terminal(board: Path, capsys) -> None:
    name = "a\x1b[2Jb.csv"
    (board / name).write_bytes((board / "bad.csv").read_bytes())
    assert main(["validate", name, "--sample", "competition/sample_submission.csv"]) == 1
    assert main(["validate", f"no-{name}", "--sample", "competition/sample_submission.csv"]) == 2
    done = capsys.readouterr()
    assert "\x1b" not in done.out + done.err
    assert "\\x1b[2J" in done.out
    assert "\\x1b[2J" in done.err
