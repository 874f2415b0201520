"""Commands of a participant who is logged in to a server, against a stub of it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from leaderboard.client.connection import Server
from leaderboard.commands import remote

ROWS = 5


class Stub(Server):
    """What a server answers, without one."""

    def get(self, path: str) -> dict:
        assert path == "competition"
        return {"classes": ["bird", "cat"], "probabilities": False}

    def sample(self) -> bytes:
        return b"id,label\n" + b"".join(b"%d,cat\n" % number for number in range(ROWS))

    def select(self, numbers: list[int]) -> dict:
        return {"entries": sorted(numbers)}


def arguments(**values: object) -> argparse.Namespace:
    return argparse.Namespace(**{"probabilities": False, "format": "table", **values})


@pytest.fixture
def server() -> Server:
    return Stub("http://localhost:1", "token")


def test_a_file_is_checked_at_home_against_the_servers_sample(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(server.sample())
    assert remote.validate(server, arguments(file=file)) == 0
    file.write_text("id,label\n0,bird\n1,dog\n")
    assert remote.validate(server, arguments(file=file)) == 1
    said = capsys.readouterr().out
    assert "a.csv: valid" in said
    assert "LABEL_UNKNOWN: line 3" in said
    assert "ID_MISSING" in said


@pytest.mark.parametrize(("numbers", "said"), [([7, 3], "count for you: 3, 7."), ([], "your best by public score.")])
def test_the_choice_is_said(server: Server, capsys: pytest.CaptureFixture, numbers: list[int], said: str) -> None:
    assert remote.select(server, arguments(number=numbers)) == 0
    assert said in capsys.readouterr().out
