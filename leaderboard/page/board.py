"""What the page shows, as plain values. Before the reveal nothing here reads a private score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from leaderboard.competition import still
from leaderboard.competition.competition import Competition
from leaderboard.competition.names import shown_names, team_key
from leaderboard.core.clock import shown, shown_deadline
from leaderboard.standings import ranking
from leaderboard.standings.assembly import Moved, shown_places
from leaderboard.standings.ranking import Entry, Standing
from leaderboard.storage import audit_log, database

TOP, NEIGHBOURS = 10, 2
Series = list[tuple[int, float]]


@dataclass(frozen=True)
class Place:
    """One row of the board; `key` names the team's own page and cannot be guessed."""

    rank: int | None
    team: str
    key: str
    team_id: int
    score: float
    low: float
    high: float
    entries: int
    at: int
    group: int | None
    change: int | None
    public_score: float


@dataclass(frozen=True)
class Board:
    """The whole board at one moment."""

    title: str
    metric: str
    status: str
    final: bool
    places: list[Place]
    entries: list[Entry]
    updated_at: int
    updated: str
    deadline: str
    timezone: str
    rows: int
    head: audit_log.Head
    # The same on every page of a competition, whatever its title; it tells nothing of a team.
    identity: str

    @cached_property
    def best_so_far(self) -> dict[int, Series]:
        """Under each team's id the moments at which its public score rose, and to what."""
        series: dict[int, Series] = {place.team_id: [] for place in self.places}
        for entry in self.entries:
            points = series.get(entry.team_id)
            if points is not None and entry.counts and (not points or entry.public.value > points[-1][1]):
                points.append((entry.at, entry.public.value))
        return series

    @property
    def ranked(self) -> list[Place]:
        return [place for place in self.places if place.rank is not None]


def read_board(competition: Competition, connection: sa.Connection) -> Board:
    """The public board; the private standings once they are revealed."""
    state = connection.execute(sa.select(database.competition)).one()
    rules, at = competition.rules, competition.clock()
    before = still.since(competition, connection)
    entries = ranking.public_entries(connection, before=before)
    final = state.revealed_at is not None
    moves = shown_places(connection, rules.tie, rules.picks, final=final, before=before, entries=entries)
    name_of = shown_names(state.secret, rules.names)
    places = [_place(move, name_of(move.after.team), team_key(state.secret, move.after.team.id)) for move in moves]
    return Board(
        title=rules.name,
        metric=rules.metric.rpartition(":")[2],
        status=_status(competition, state, at),
        final=final,
        places=places,
        entries=entries,
        updated_at=at,
        updated=shown(at, rules.timezone),
        deadline="" if rules.closes_at is None else shown_deadline(rules.closes_at, rules.timezone, "%d %b %Y"),
        timezone=rules.timezone,
        rows=moves[0].after.score.rows if moves else 0,
        head=audit_log.head(connection),
        identity=team_key(state.secret, 0),
    )


def _status(competition: Competition, state: sa.Row, at: int) -> str:
    if state.revealed_at is not None:
        return "Final"
    if state.frozen_at is not None:
        return "Frozen"
    closes = competition.rules.closes_at
    return "Closed" if closes is not None and at >= closes else "Open"


def _place(move: Moved, name: str, key: str) -> Place:
    place: Standing = move.after
    low, high = place.score.interval
    return Place(
        rank=place.rank,
        team=name,
        key=key,
        team_id=place.team.id,
        score=place.score.value,
        low=low,
        high=high,
        entries=place.entries,
        at=place.entry.at,
        group=place.group,
        change=move.change,
        public_score=move.before.score.value if move.before else place.score.value,
    )


def neighbourhood(places: list[Place], key: str | None) -> list[Place]:
    """The first ten and the baselines; with a team's key also that team and two on either side."""
    ranked = [place for place in places if place.rank is not None]
    at = next((i for i, place in enumerate(ranked) if place.key == key), -TOP)
    near = {place.key for i, place in enumerate(ranked) if i < TOP or abs(i - at) <= NEIGHBOURS}
    return [place for place in places if place.rank is None or place.key in near]
