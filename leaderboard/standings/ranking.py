"""Standings: by each team's best counting public score, and after the reveal by the private score of its picks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from leaderboard.scoring import paired
from leaderboard.scoring.score import Score
from leaderboard.standings.excluded import is_ranked
from leaderboard.storage import database

SAME_LEVEL = 0.05
Series = list[tuple[int, float]]  # moments in microseconds since 1970, each with a score


@dataclass(frozen=True)
class Entry:
    """One valid file and its public score; only `private_entries` sets `private`. `at`: microseconds since 1970."""

    number: int
    team_id: int
    at: int
    public: Score
    counts: bool
    picked: bool
    private: Score | None = None


@dataclass(frozen=True)
class Standing:
    """A team's place; `rank` is None for a baseline. Only `add_groups` sets `group`, from 1."""

    rank: int | None
    team: sa.Row
    score: Score
    entry: Entry
    entries: int
    group: int | None = None


def public_entries(
    connection: sa.Connection,
    revision: int | None = None,
    *,
    disabled: bool = False,
    excluded: bool = False,
    before: int | None = None,
) -> list[Entry]:
    """The entries that rank, in order of arrival, scored with a revision of the labels (default: the current one).

    `disabled`: also those of disabled teams. `excluded`: also late, withdrawn and void ones. `before`: only those
    that came before this moment, in microseconds since 1970.
    """
    table, entry = database.public_scores, database.submissions
    if revision is None:
        revision = current_revision(connection)
    statement = (
        sa.select(entry.c.id, entry.c.team_id, entry.c.at, table.c.hits, table.c.rows, table.c.counts, entry.c.picked)
        .join(table, table.c.submission_id == entry.c.id)
        .join(database.teams, database.teams.c.id == entry.c.team_id)
        .where((table.c.revision == revision) & (sa.true() if disabled else ~database.teams.c.disabled))
        .where(sa.true() if excluded else is_ranked())
        .where(sa.true() if before is None else entry.c.at < before)
        .order_by(entry.c.id)
    )
    rows = connection.execute(statement)
    return [Entry(i, team, at, Score(hits, n), bool(counts), bool(p)) for i, team, at, hits, n, counts, p in rows]


def private_entries(
    connection: sa.Connection, revision: int | None = None, *, disabled: bool = False, excluded: bool = False
) -> list[Entry]:
    """The same entries with private scores: for the tutor, and after the reveal for everyone."""
    if revision is None:
        revision = current_revision(connection)
    table = database.private_scores
    rows = connection.execute(
        sa.select(table.c.submission_id, table.c.hits, table.c.rows).where(table.c.revision == revision)
    )
    scores = {number: Score(hits, count) for number, hits, count in rows}
    entries = public_entries(connection, revision, disabled=disabled, excluded=excluded)
    return [replace(entry, private=scores[entry.number]) for entry in entries]


def current_revision(connection: sa.Connection) -> int:
    return connection.execute(sa.select(database.competition.c.revision)).scalar_one()


def public_standings(connection: sa.Connection, entries: list[Entry], tie: str) -> list[Standing]:
    """Teams by their best counting public score."""
    return _standings(connection, entries, tie, counting_entries, lambda e: e.public)


def counting_entries(own: list[Entry]) -> list[Entry]:
    """A team's entries that count; all its entries if none of the remaining ones counts."""
    return [entry for entry in own if entry.counts] or own


def best_so_far(entries: Iterable[Entry], teams: Iterable[int]) -> dict[int, Series]:
    """For each of the team ids: the moments at which its best public score rose, each with the new score."""
    series: dict[int, Series] = {team: [] for team in teams}
    for entry in entries:
        points = series.get(entry.team_id)
        if points is not None and entry.counts and (not points or entry.public.value > points[-1][1]):
            points.append((entry.at, entry.public.value))
    return {team: points for team, points in series.items() if points}


def private_standings(connection: sa.Connection, entries: list[Entry], tie: str, picks: int) -> list[Standing]:
    """Teams by the best private score among their picks, or else among their `picks` best public entries."""
    return _standings(connection, entries, tie, lambda own: final_picks(own, picks), _private)


def _private(entry: Entry) -> Score:
    assert entry.private is not None, "private standings need private_entries"
    return entry.private


def final_picks(own: list[Entry], picks: int) -> list[Entry]:
    """The entries of one team that count in the end, at most `picks`, best public score first."""
    candidates = [entry for entry in own if entry.picked] or counting_entries(own)
    return sorted(candidates, key=lambda e: (-e.public.hits, e.number))[:picks]


def _standings(
    connection: sa.Connection,
    entries: Iterable[Entry],
    tie: str,
    candidates: Callable[[list[Entry]], list[Entry]],
    score: Callable[[Entry], Score],
) -> list[Standing]:
    of_team: dict[int, list[Entry]] = {}
    for entry in entries:
        of_team.setdefault(entry.team_id, []).append(entry)
    rows = {team.id: team for team in connection.execute(sa.select(database.teams))}
    places = []
    for team_id, own in of_team.items():
        best = min(candidates(own), key=lambda e: (-score(e).hits, e.number))
        places.append(Standing(None, rows[team_id], score(best), best, len(own)))
    places.sort(key=lambda place: (-place.score.hits, place.entry.number))
    return _add_ranks(places, tie)


def _add_ranks(places: list[Standing], tie: str) -> list[Standing]:
    """The places with their ranks. Baselines stay in their position, without a rank."""
    out: list[Standing] = []
    taken, last = 0, None
    for place in places:
        if not place.team.baseline:
            taken += 1
            shared = last if tie == "shared" and last is not None and last.score.hits == place.score.hits else None
            last = place = replace(place, rank=taken if shared is None else shared.rank)
        out.append(place)
    return out


def add_groups(connection: sa.Connection, places: list[Standing], table: sa.Table) -> list[Standing]:
    """The places with their groups: each group has the teams that do not differ significantly from its first team.

    The test is McNemar's, exact and two-sided at 5 %, on the rows of `table` (public or private scores), without a
    correction for the number of pairs. Baselines have no group.
    """
    ranked = [place for place in places if place.rank is not None]
    rows = _row_hits(connection, table, [place.entry.number for place in ranked])
    group, first, groups = 0, b"", {}
    for place in ranked:
        own = rows[place.entry.number]
        if not group or paired.mcnemar(*paired.discordant(first, own)) <= SAME_LEVEL:
            group, first = group + 1, own
        groups[place.team.id] = group
    return [replace(place, group=groups.get(place.team.id)) for place in places]


def _row_hits(connection: sa.Connection, table: sa.Table, numbers: list[int]) -> dict[int, bytes]:
    wanted = (table.c.revision == current_revision(connection)) & table.c.submission_id.in_(numbers)
    return database.select_dict(connection, sa.select(table.c.submission_id, table.c.row_hits).where(wanted))
