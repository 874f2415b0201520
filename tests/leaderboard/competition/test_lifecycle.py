"""Freeze and reveal: the mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.competition import entries, lifecycle
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError

Make, Entry = Callable[..., Competition], Callable[..., Path]


def test_reveal_waits_for_the_end(make: Make, entry: Entry, clock) -> None:
    competition = make(deadline="2025-11-25")
    entries.submit(competition, "a", entry())
    with pytest.raises(LeaderboardError, match="freeze first"):
        lifecycle.reveal(competition)
    clock.at += 36 * 3_600_000_000
    assert [move.after.team.name for move in lifecycle.reveal(competition)] == ["a"]
    with pytest.raises(LeaderboardError, match="stays frozen"):
        lifecycle.set_frozen(competition, False)


def test_freezing_twice_is_said(make: Make) -> None:
    competition = make()
    lifecycle.set_frozen(competition, True)
    with pytest.raises(LeaderboardError, match="already"):
        lifecycle.set_frozen(competition, True)
