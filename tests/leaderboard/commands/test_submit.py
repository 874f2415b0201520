"""`submit`: the reply to a file, good or bad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leaderboard.cli import main
from tests.leaderboard.commands.conftest import write


def test_what_is_said_of_a_bad_file_does_not_depend_on_the_labels(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same file against twenty solutions with permuted labels: word for word the same report."""
    lines = (home / "solution.csv").read_text().split("\n")[1:-1]
    bad = ["id,label", *lines[:50], "51,Cat", "x,dog", *lines[10:12], "99,zebra"]
    (home / "bad.csv").write_text("\n".join(bad))
    said = set()
    for seed in range(20):
        labels = np.random.default_rng(seed).permutation([line.split(",")[1] for line in lines])
        write(home / "permuted.csv", labels)
        assert main(["score", "bad.csv", "--solution", "permuted.csv", "--format", "json"]) == 1
        said.add(capsys.readouterr().out)
        assert main(f"init c{seed} --solution permuted.csv --name n --timezone Europe/Berlin".split()) == 0
        assert main(f"team add ada --competition c{seed}".split()) == 0
        capsys.readouterr()
        assert main(f"submit -f bad.csv --team ada --competition c{seed} --format json".split()) == 1
        said.add(capsys.readouterr().out)
    assert len(said) == 1


def test_an_invalid_file_makes_no_baseline(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "-f", "bad.csv", "--team", "constant", "--baseline"]) == 1
    assert "not valid" in capsys.readouterr().out
    assert main(["freeze"]) == 0
    assert main(["submit", "-f", "competition/sample_submission.csv", "--team", "constant", "--baseline"]) == 3
    assert main(["team", "list", "--format", "csv"]) == 0
    assert "constant" not in capsys.readouterr().out


def test_the_reply_counts_down_to_the_nearest_cap(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = board / "competition" / "rules.toml"
    rules.write_text(rules.read_text().replace("daily_invalid = 20", "daily_invalid = 2"))
    for text in (
        "1 more invalid file is allowed",
        "it was the last invalid file of today, and nothing more is accepted",
    ):
        assert main(["submit", "-f", "bad.csv", "--team", "ada"]) == 1
        assert text in capsys.readouterr().out
    assert main(["submit", "-f", "good.csv", "--team", "ada"]) == 3
    assert "2 invalid files today" in capsys.readouterr().err


def test_a_team_whose_name_cannot_be_encoded_is_nobody(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "-f", "good.csv", "--team", "\udcff"]) == 2
    assert capsys.readouterr().err.startswith("leaderboard: the team ")


def test_a_damaged_solution_is_not_quoted(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Participants see what `submit` says."""
    path = board / "competition" / "private" / "solution-0.csv"
    path.write_text(path.read_text().replace("7,", "7,secret,", 1))
    assert main(["submit", "-f", "good.csv", "--team", "ada"]) == 2
    error = capsys.readouterr().err
    assert "audit verify" in error
    assert "secret" not in error


def test_a_team_that_is_disabled_while_it_enters_gets_its_receipt(
    board: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from leaderboard.competition import entries, teams

    submit = entries.submit

    def disabled_after(competition, *arguments):
        receipt = submit(competition, *arguments)
        teams.set_disabled(competition, "ada", True)
        return receipt

    monkeypatch.setattr(entries, "submit", disabled_after)
    assert main(["submit", "-f", "good.csv", "--team", "ada"]) == 0
    assert "The team is disabled" in capsys.readouterr().out
