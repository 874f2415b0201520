"""`quota` says what is left, and that nothing can be entered after the deadline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leaderboard.cli import main


@pytest.mark.parametrize("deadline", ["2020-01-31", "2999-01-31", ""])
def test_after_the_deadline_it_says_so(home: Path, capsys: pytest.CaptureFixture[str], deadline: str) -> None:
    rules = ["--deadline", deadline, "--timezone", "Europe/Berlin"] if deadline else []
    assert main(["init", "competition", "--solution", "solution.csv", *rules]) == 0
    assert main(["team", "add", "Ada"]) == 0
    capsys.readouterr()
    assert main(["quota", "--team", "Ada"]) == 0
    is_over = deadline.startswith("2020")
    assert ("The deadline has passed: it was the end of 2020-01-31 (CET);" in capsys.readouterr().out) == is_over
    assert main(["quota", "--team", "Ada", "--format", "json"]) == 0
    assert bool(json.loads(capsys.readouterr().out)[0]["closed"]) == is_over
