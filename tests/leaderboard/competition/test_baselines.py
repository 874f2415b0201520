"""Baselines on the board."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from leaderboard.competition import entries, teams
from leaderboard.competition.competition import Competition
from leaderboard.standings import ranking

Make, Entry = Callable[..., Competition], Callable[..., Path]


def test_baselines_are_shown_and_take_no_rank(make: Make, entry: Entry) -> None:
    competition = make(daily_quota=1)
    teams.add(competition, "constant", baseline=True)
    for seed in (1, 2, 3):
        entries.submit(competition, "constant", entry(0.99, seed=seed))
    entries.submit(competition, "a", entry(0.5, seed=4))
    with competition.read_transaction() as connection:
        places = ranking.public_standings(connection, ranking.public_entries(connection), "earlier")
    assert [(p.team.name, p.rank) for p in places] == [("constant", None), ("a", 1)]
