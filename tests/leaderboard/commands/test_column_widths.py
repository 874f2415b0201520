"""Tables on terminals of every width: no line too long, no number cut or wrapped, names cut with an ellipsis."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.cells import cell_len

from leaderboard.cli import main
from leaderboard.commands.column_widths import fit
from leaderboard.commands.output import print_rows
from leaderboard.competition import entries, teams
from leaderboard.competition.competition import Competition

LONG = ("A team whose name has sixty letters, which is the most of all", "陈省身的团队名字很长很长很长很长很长", "Маша")
WIDTHS = (40, 80, 100, 160)
NUMBERS = re.compile(r"\b\d+\.\d+\b")


@pytest.fixture
def database() -> None:
    """Printing does not depend on the database: SQLite is enough."""


@pytest.fixture
def played(make: Callable[..., Competition], alike, entry: Callable[..., Path]) -> Competition:
    def play() -> Competition:
        competition = make(names="top")
        for seed, name in enumerate(LONG):
            teams.add(competition, name[:60])
            entries.submit(competition, name[:60], entry(0.4 + 0.2 * seed, seed), message="a note of some length, " * 4)
        return competition

    return alike(play)


def printed(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, width: int, *command: str) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    capsys.readouterr()
    assert main([*command]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "command", ["leaderboard", "leaderboard --private", "submissions", "team list", "quota --team Маша", "audit log"]
)
def test_no_line_is_longer_than_the_terminal(played, capsys, monkeypatch, width: int, command: str) -> None:
    out = printed(capsys, monkeypatch, width, *command.split(), "--competition", str(played.root))
    assert max(map(cell_len, out.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_each_team_has_one_line_with_its_whole_score(played, capsys, monkeypatch, width: int) -> None:
    out = printed(capsys, monkeypatch, width, "leaderboard", "--competition", str(played.root))
    body = out.splitlines()[2:5]
    assert [line.split()[0] for line in body] == ["1", "2", "3"]
    with played.read_transaction() as connection:
        from leaderboard.standings.places import public_places

        scores = [f"{place.score.value:.4f}" for place in public_places(connection, "earlier", before=None)]
    assert [NUMBERS.findall(line)[0] for line in body] == scores
    # A name that has no room ends in an ellipsis, and a line says where it stands in full.
    assert ("…" in out) == ("--format csv has everything in full" in out.replace("\n", " ") and width < 160)
    assert LONG[2] in out


def test_the_least_needed_goes_first(played, capsys, monkeypatch) -> None:
    heads = [
        printed(capsys, monkeypatch, width, "leaderboard", "--competition", str(played.root)).split("\n")[0].split()
        for width in (160, 80, 40)
    ]
    assert len(heads[0]) == 10
    assert heads[1] == ["rank", "teamName", "score", "low", "high", "entries", "submissionDate"]
    assert heads[2] == ["rank", "teamName", "score"]


def test_tokens_are_never_cut(capsys, monkeypatch) -> None:
    token = "0123456789abcdef" * 2
    for width in (20, 40, 80):
        monkeypatch.setenv("COLUMNS", str(width))
        print_rows([{"teamName": LONG[0], "token": token}] * 2, ("teamName", "token"), "table")
        assert capsys.readouterr().out.count(token) == 2


def test_one_row_without_room_is_a_list_and_loses_nothing(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    row = {"teamName": "Ada", "left": 3, "resets": "2026-11-27 00:00:00 UTC, in 4 h 33 min", "entries": 12}
    print_rows([row], tuple(row), "table")
    assert capsys.readouterr().out.splitlines() == [
        "teamName  Ada",
        "left      3",
        "resets    2026-11-27 00:00:00 UTC, in 4 h 33 min",
        "entries   12",
    ]


def test_scores_that_differ_look_different(capsys) -> None:
    rows = [{"rank": rank, "score": hits / 300_000} for rank, hits in ((1, 290_001), (2, 290_000), (3, 270_000))]
    print_rows(rows, ("rank", "score"), "table")
    shown = [line.split()[1] for line in capsys.readouterr().out.splitlines()[2:]]
    assert shown == ["0.966670", "0.966667", "0.900000"]


def test_without_a_terminal_nothing_is_left_out(capsys, monkeypatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    row = {"teamName": LONG[1], "description": "x" * 300, "date": datetime(2026, 11, 26, 12, 30, tzinfo=UTC)}
    print_rows([row, row], tuple(row), "table")
    out = capsys.readouterr().out
    assert out.count("x" * 300) == out.count(LONG[1]) == out.count("2026-11-26 12:30 UTC") == 2


def test_a_confusion_matrix_has_room_on_80_columns(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    rows = [{"true": name, "accuracy": 0.6254, **dict.fromkeys(classes, 627)} for name in classes]
    print_rows(rows, ("true", "accuracy", *classes), "table")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[2:12]] == [[name, "0.6254", *["627"] * 10] for name in classes]
    assert "aut…" in lines[0]
    assert max(map(cell_len, lines)) <= 80


def test_what_must_stay_may_not_fit() -> None:
    assert fit({"token": [5, 32]}, frozenset(["token"]), 31) is None
    assert fit({"token": [5, 32], "hits": [4, 4]}, frozenset(["token", "hits"]), 32).dropped == ["hits"]
    assert fit({"teamName": [8, 60], "score": [5, 6]}, frozenset(["score"]), 40).widths == {"teamName": 32, "score": 6}


def test_the_width_is_that_of_a_real_terminal(played) -> None:
    parent, child = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"} | {"NO_COLOR": "1"}
    command = [sys.executable, "-m", "leaderboard", "leaderboard", "--competition", str(played.root)]
    done = subprocess.run(command, stdout=child, env=environment, check=True, timeout=60)
    os.close(child)
    text = b""
    while chunk := _read(parent):
        text += chunk
    plain = re.sub(r"\x1b\[[\d;]*m", "", text.decode())
    assert done.returncode == 0
    assert 30 < max(map(cell_len, plain.splitlines())) <= 60


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # its other end is closed
        return b""
