"""What was taken out of the anchor file is told from what a crash or a full disk kept out of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import teams
from leaderboard.competition.competition import Competition
from leaderboard.storage import anchor
from tests.leaderboard.conftest import TickingClock

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def competition(make: Callable[..., Competition], alike) -> Competition:
    """Five log entries, one in each transaction."""

    def play() -> Competition:
        made = make()
        for name in ("c", "d"):
            teams.add(made, name)
        assert verify(made).faults == verify(made).notes == []
        return made

    return alike(play)


def lines(competition: Competition) -> list[str]:
    return competition.anchor.read_text().splitlines(keepends=True)


CUTS = {
    "emptied": lambda kept: [],
    "cut to one line": lambda kept: kept[:1],
    "cut by two lines": lambda kept: kept[:-2],
    "without its first line": lambda kept: kept[1:],
    "without a line in the middle": lambda kept: kept[:2] + kept[3:],
    "two lines exchanged": lambda kept: [kept[1], kept[0], *kept[2:]],
    "a line twice": lambda kept: kept[:3] + kept[2:],
    "another hash": lambda kept: [*kept[:2], "3:" + "0" * 64 + "\n", *kept[3:]],
    "a line too many": lambda kept: [*kept, "6:" + "0" * 64 + "\n"],
    "text": lambda kept: ["hello\n", *kept[1:]],
}


@pytest.mark.parametrize("kind", CUTS)
def test_a_file_that_was_edited_is_a_fault_before_and_after_the_next_command(competition, kind: str) -> None:
    competition.anchor.write_text("".join(CUTS[kind](lines(competition))))
    assert verify(competition).faults
    teams.add(competition, "e")
    assert verify(competition).faults


def test_the_last_transaction_may_be_lacking_as_after_a_crash(competition: Competition) -> None:
    competition.anchor.write_text("".join(lines(competition)[:-1]))
    verdict = verify(competition)
    assert (verdict.faults, len(verdict.notes)) == ([], 1)
    teams.add(competition, "e")
    verdict = verify(competition)
    assert verdict.faults == []
    assert verdict.notes == ["audit.anchor lacked 1 entries after entry 4, and was filled in"]


def test_a_line_torn_by_a_crash_is_a_note_and_is_mended(competition: Competition) -> None:
    competition.anchor.write_text("".join(lines(competition))[:-10])
    verdict = verify(competition)
    assert verdict.faults == []
    assert "torn line" in verdict.notes[0]
    teams.add(competition, "e")
    verdict = verify(competition)
    assert (verdict.faults, len(verdict.notes)) == ([], 1)
    assert len(lines(competition)) == verdict.head.count == 7


def test_a_full_disk_keeps_out_many_and_is_told_from_a_cut(competition: Competition, monkeypatch) -> None:
    def full(self: anchor.LockedAnchor, heads: list) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(anchor.LockedAnchor, "append", full)
        for name in ("e", "f", "g"):
            teams.add(competition, name)
        assert verify(competition).faults == []
    teams.add(competition, "h")
    verdict = verify(competition)
    assert verdict.faults == []
    assert len(lines(competition)) == verdict.head.count
    teams.add(competition, "i")
    competition.anchor.write_text("".join(lines(competition)[:5]))
    assert "was shortened" in verify(competition).faults[0]
    competition.anchor.write_text("".join(lines(competition)[:3]))
    assert verify(competition).faults


def test_an_entry_that_is_committed_while_verify_reads_is_no_fault(competition: Competition, monkeypatch) -> None:
    """The file is read before the log, and once more after it."""
    from leaderboard.audit import anchors

    read = anchors.read

    def read_slowly(path: Path) -> anchors.Anchors:
        found = read(path)
        monkeypatch.setattr(anchors, "read", read)
        for name in ("e", "f"):
            teams.add(competition, name)
        return found

    monkeypatch.setattr(anchors, "read", read_slowly)
    assert verify(competition).faults == []
