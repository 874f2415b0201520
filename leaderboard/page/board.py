"""The content of the page as plain values. Before the reveal, nothing here reads a private score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import sqlalchemy as sa

from leaderboard.competition import board_still
from leaderboard.competition.competition import Competition
from leaderboard.competition.names import display_name_function, team_key
from leaderboard.competition.quota import day_quota
from leaderboard.core.clock import HOUR, format_deadline, format_time
from leaderboard.page import english, german_rules
from leaderboard.standings import listing, ranking
from leaderboard.standings.places import Move, current_places
from leaderboard.standings.ranking import Entry, Series, Standing
from leaderboard.storage import audit_log, database

TOP, NEIGHBOURS = 10, 2


@dataclass(frozen=True)
class Place:
    """One row of the board. Scores and intervals are from 0 to 1; `at` is in microseconds since 1970.

    `key` is the name of the team's own page; nobody can guess it. `number` counts the teams in the order of their
    first entries: it never changes, and the page shows this order anyway. `change` is the number of places won since
    this time yesterday, or, in the final standings, since the public ones. `gap` is the difference to the score of
    the next better rank; None for the first rank and for baselines.
    """

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
    number: int = 0
    gap: float | None = None


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
    closes_at: int | None
    # The moment from which on the board stands still, in microseconds since 1970 and as text.
    still_since: int | None
    still: str
    # Names of the teams without an entry on the board; the rules, one string per rule.
    without_entry: list[str]
    rules: list[str]
    rules_german: list[str]
    # Whether the page shows only the first ten teams.
    top_only: bool
    timezone: str
    rows: int
    head: audit_log.Head
    # Identifies the competition, whatever its title; it reveals nothing about the teams.
    identity: str

    @cached_property
    def best_so_far(self) -> dict[int, Series]:
        """For each team id: the moments at which its best public score rose, each with the new score."""
        return ranking.best_so_far(self.entries, [place.team_id for place in self.places])

    @property
    def ranked(self) -> list[Place]:
        return [place for place in self.places if place.rank is not None]


def read_board(competition: Competition, connection: sa.Connection) -> Board:
    """The board with the public standings, or with the private standings after the reveal."""
    state = connection.execute(sa.select(database.competition)).one()
    rules, at = competition.rules, competition.clock()
    before = board_still.since(competition, connection)
    entries = ranking.public_entries(connection, before=before)
    final = state.revealed_at is not None
    moves = current_places(connection, rules.tie, rules.picks, final=final, before=before, entries=entries)
    name_of = display_name_function(state.secret, rules.names)
    numbers = {team: n for n, team in enumerate(dict.fromkeys(entry.team_id for entry in entries), 1)}
    places = [
        replace(_place(move, name_of(move.after.team), team_key(state.secret, move.after.team.id)), gap=gap)
        for move, gap in zip(moves, _gaps(moves), strict=True)
    ]
    if not final:
        yesterday = _ranks(connection, entries, rules.tie, (at if before is None else before) - 24 * HOUR)
        places = [replace(place, change=_change(place, yesterday)) for place in places]
    others = listing.teams_except(connection, numbers)
    return Board(
        title=rules.name,
        metric=rules.metric.rpartition(":")[2],
        status=status_text(competition, state, at),
        final=final,
        places=[replace(place, number=numbers[place.team_id]) for place in places],
        entries=entries,
        updated_at=at,
        updated=format_time(at, rules.timezone),
        deadline="" if rules.closes_at is None else format_deadline(rules.closes_at, rules.timezone, "%d %b %Y"),
        closes_at=rules.closes_at,
        still_since=before,
        still="" if before is None else format_time(before, rules.timezone),
        without_entry=[name_of(team) for team in others if not team.disabled and not team.baseline],
        rules=english.rule_lines(rules),
        rules_german=german_rules.rule_lines(rules),
        top_only=rules.names == "top",
        timezone=rules.timezone,
        rows=moves[0].after.score.rows if moves else 0,
        head=audit_log.head(connection),
        identity=team_key(state.secret, 0),
    )


def entries_left(competition: Competition, connection: sa.Connection, team_id: int) -> tuple[int, int] | None:
    """The entries that the team has left today and its quota of today; None if entries are no longer accepted."""
    at, rules = competition.clock(), competition.rules
    state = connection.execute(sa.select(database.competition)).one()
    day = day_quota(competition, connection, team_id, at)
    last = rules.closes_at and max(rules.closes_at, day.allowance.until, rules.late_until or 0)
    if state.frozen_at is not None or (last is not None and at >= last):
        return None
    return max(0, day.left), day.allowed


def status_text(competition: Competition, state: sa.Row, at: int) -> str:
    if state.revealed_at is not None:
        return "Final"
    if state.frozen_at is not None:
        return "Frozen"
    closes = competition.rules.closes_at
    return "Closed" if closes is not None and at >= closes else "Open"


def _ranks(connection: sa.Connection, entries: list[Entry], tie: str, moment: int) -> dict[int, int | None]:
    """Public rank by team id at a moment; None for a baseline."""
    places = ranking.public_standings(connection, [entry for entry in entries if entry.at < moment], tie)
    return {place.team.id: place.rank for place in places}


def _change(place: Place, before: dict[int, int | None]) -> int | None:
    old = before.get(place.team_id)
    return None if old is None or place.rank is None else old - place.rank


def _gaps(moves: Iterable[Move]) -> list[float | None]:
    """For each place the difference to the score of the next better rank."""
    gaps: list[float | None] = []
    last: Standing | None = None
    above: Standing | None = None
    for place in (move.after for move in moves):
        if place.rank is None:
            gaps.append(None)
            continue
        if last is not None and place.rank != last.rank:
            above = last
        last = place
        gaps.append(None if above is None else above.score.value - place.score.value)
    return gaps


def _place(move: Move, name: str, key: str) -> Place:
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
    """The first ten teams and the baselines; with a team's key also that team, the two above and the two below it."""
    ranked = [place for place in places if place.rank is not None]
    at = next((i for i, place in enumerate(ranked) if place.key == key), -TOP)
    near = {place.key for i, place in enumerate(ranked) if i < TOP or abs(i - at) <= NEIGHBOURS}
    return [place for place in places if place.rank is None or place.key in near]
