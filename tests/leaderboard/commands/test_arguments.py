"""Which team acts: by a token from the line, the environment, standard input or a file, or by name."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from leaderboard.cli import main


def test_a_token_acts_for_its_team(board: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    main(["team", "add", "bob", "--format", "json"])
    token = json.loads(capsys.readouterr().out)[0]["token"]
    assert token not in (board / "competition" / "leaderboard.db").read_bytes().decode("latin-1")
    assert main(["submit", "-f", "good.csv", "--token", token]) == 0
    assert "Entry no. 1, by bob" in capsys.readouterr().out
    assert main(["submit", "-f", "good.csv", "--token", token, "--team", "ada"]) == 3
    assert main(["submit", "-f", "good.csv", "--token", "wrong"]) == 3
    main(["submit", "-f", "competition/sample_submission.csv", "--team", "ada"])
    monkeypatch.setenv("LEADERBOARD_TOKEN", token)
    capsys.readouterr()
    assert main(["submissions", "--format", "json"]) == 0
    assert {row["teamName"] for row in json.loads(capsys.readouterr().out)} == {"bob"}
    main(["team", "token", "bob"])
    assert main(["submit", "-f", "good.csv"]) == 3


@pytest.mark.parametrize("token", ["", "  ", "\udcff"])
@pytest.mark.parametrize("command", [["submit", "-f", "good.csv"], ["submissions"], ["select"]])
def test_a_token_that_is_none_opens_nothing(board: Path, capsys, monkeypatch, command: list[str], token: str) -> None:
    """Such as an empty field of a web form."""
    for team in ([], ["--team", "ada"]):
        assert main([*command, *team, "--token", token]) == 3
    monkeypatch.setenv("LEADERBOARD_TOKEN", token)
    assert main(command) == 3
    done = capsys.readouterr()
    assert (done.out, done.err.count("\n")) == ("", 3)


def test_a_token_in_the_environment_and_a_team_must_agree(board: Path, capsys, monkeypatch) -> None:
    main(["team", "add", "Grace", "Kurt", "--format", "json"])
    monkeypatch.setenv("LEADERBOARD_TOKEN", json.loads(capsys.readouterr().out)[0]["token"])
    for command in (["submit", "-f", "good.csv"], ["submissions"], ["select"], ["quota"]):
        for team in ("ada", "Kurt", "kurtt", "nobody"):
            assert main([*command, "--team", team]) == 3
            # Not a word of which teams there are.
            assert f"the token does not belong to '{team}'" in capsys.readouterr().err
    assert main(["submit", "-f", "good.csv", "--team", "grace"]) == 0


def test_a_token_from_standard_input_or_a_file(board: Path, capsys, monkeypatch) -> None:
    main(["team", "token", "ada", "--format", "json"])
    token = json.loads(capsys.readouterr().out)[0]["token"]
    (board / "token").write_text(token + "\n")
    assert main(["quota", "--token", "@token"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(token + "\n"))
    assert main(["quota", "--token", "-"]) == 0
    assert main(["quota", "--token", "@none"]) == 2
    assert "cannot read the file" in capsys.readouterr().err
