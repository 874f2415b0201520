"""The live place of a team is its place in the full standings."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.competition import entries, rescoring, teams
from leaderboard.competition.competition import Competition
from leaderboard.standings.live import LivePlaces
from leaderboard.standings.places import public_places
from tests.leaderboard.conftest import write_csv


@pytest.mark.parametrize("rules", [{"tie": "earlier"}, {"tie": "shared"}, {"ladder": True}])
def test_it_agrees_with_the_whole_standings_after_every_entry(
    make: Callable[..., Competition], entry: Callable[..., Path], labels, tmp_path: Path, rules: dict
) -> None:
    competition = make(daily_quota=1000, **rules)
    for name in ("c", "d", "e"):
        teams.add(competition, name)
    teams.add(competition, "base", baseline=True)
    names, generator, live = ("a", "b", "c", "d", "e", "base"), random.Random(1), LivePlaces()

    def agree() -> None:
        with competition.read_transaction() as connection:
            places = {p.team.name: p for p in public_places(connection, competition.rules.tie, before=None)}
            ranked = sum(p.rank is not None for p in places.values())
            for name in names:
                place = live.place(connection, competition.rules.tie, teams.by_name(connection, name).id, before=None)
                whole = places.get(name)
                assert (place.rank, place.group) == ((whole.rank, whole.group) if whole else (None, None)), name
                assert place.ranked == ranked

    agree()
    for seed in range(24):
        entries.submit(competition, generator.choice(names), entry(generator.choice((0.5, 0.6, 0.62, 0.9)), seed))
        agree()
    teams.set_disabled(competition, "a", True)
    agree()
    fixed = labels.copy()
    fixed[:20] = "cat"
    rescoring.rescore(competition, write_csv(tmp_path / "fixed.csv", fixed))
    agree()


def test_an_entry_at_the_moment_itself_is_not_before_it(
    make: Callable[..., Competition], entry: Callable[..., Path], clock
) -> None:
    competition, live = make(), LivePlaces()
    entries.submit(competition, "a", entry(0.5))
    clock.at += 1_000_000
    entries.submit(competition, "b", entry(0.9))
    with competition.read_transaction() as connection:
        team = teams.by_name(connection, "a").id
        for before, ranks in ((clock.at, {"a": 1}), (clock.at + 1, {"b": 1, "a": 2})):
            places = public_places(connection, "earlier", before=before)
            assert {place.team.name: place.rank for place in places} == ranks
            live_place = live.place(connection, "earlier", team, before=before)
            assert (live_place.rank, live_place.ranked) == (ranks["a"], len(ranks))
