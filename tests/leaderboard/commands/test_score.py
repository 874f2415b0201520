"""`score`: what it says of a file, as text, JSON and CSV."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leaderboard.cli import main


def test_score_and_its_dataset_label(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "good.csv", "--solution", "solution.csv"]) == 0
    plain = capsys.readouterr().out
    assert plain.startswith("accuracy 0.8")
    (home / "dataset.json").write_text('{"name": "stand-in"}')
    assert main(["score", "good.csv", "--solution", "solution.csv"]) == 0
    assert capsys.readouterr().out == f"stand-in: {plain}"
    assert main(["score", "good.csv", "--solution", "solution.csv", "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["dataset"], row["rows"], f"{row['score']:.4f}") == ("stand-in", 100, plain.split()[1])
    assert main(["score", "bad.csv", "--solution", "solution.csv"]) == 1
    assert "not valid: 100 problems" in capsys.readouterr().out


def test_classes_may_be_called_as_the_columns_are(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("solution.csv", "good.csv"):
        text = (home / name).read_text()
        (home / name).write_text(text.replace(",cat", ",true").replace(",dog", ",accuracy"))
    assert main(["score", "good.csv", "--solution", "solution.csv", "--details", "--format", "csv"]) == 0
    header, *rows = capsys.readouterr().out.strip().splitlines()[-4:]
    assert header == "true_,accuracy_,accuracy,bird,true"
    assert [row.split(",")[0] for row in rows] == ["accuracy", "bird", "true"]
