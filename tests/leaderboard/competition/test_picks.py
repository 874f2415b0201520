"""The entries that stand for a team in the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.competition import entries, picks
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings import ranking

Make, Entry = Callable[..., Competition], Callable[..., Path]


def test_fewer_picks_by_a_later_rule_leave_the_best_by_public_score(make: Make, entry: Entry) -> None:
    competition = make()
    for accuracy in (0.6, 0.9):
        entries.submit(competition, "a", entry(accuracy))
    picks.select(competition, "a", [1, 2])
    with competition.read_transaction() as connection:
        own = ranking.public_entries(connection)
    assert [e.number for e in ranking.final_picks(own, 2)] == [2, 1]
    assert [e.number for e in ranking.final_picks(own, 1)] == [2]


def test_picks(make: Make, entry: Entry) -> None:
    competition = make()
    for team, seed in (("a", 1), ("a", 2), ("a", 3), ("b", 4)):
        entries.submit(competition, team, entry(seed=seed))
    picks.select(competition, "a", [3, 1])
    with competition.read_transaction() as connection:
        assert [e.picked for e in ranking.public_entries(connection)] == [True, False, True, False]
    with pytest.raises(LeaderboardError, match="at most 2"):
        picks.select(competition, "a", [1, 2, 3])
    for number in (4, 99):
        with pytest.raises(LeaderboardError, match=f"entry {number} does not belong to 'a'"):
            picks.select(competition, "a", [number])
    picks.select(competition, "a", [])
    with competition.read_transaction() as connection:
        assert not any(e.picked for e in ranking.public_entries(connection))
