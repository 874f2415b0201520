"""The content of the report, for the tutor or for everyone, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import sqlalchemy as sa

from leaderboard.audit.integrity import Finding, find_suspicious
from leaderboard.competition import board_still
from leaderboard.competition.competition import Competition
from leaderboard.competition.names import display_name_function
from leaderboard.core.clock import format_time
from leaderboard.report.mistakes import Mistakes, read_mistakes
from leaderboard.report.timeline import Day, Moment, per_day, timeline
from leaderboard.standings import ranking
from leaderboard.standings.places import Move, current_places, is_revealed
from leaderboard.standings.ranking import Series
from leaderboard.storage import database

# With `names = "top"` the public report shows only this many teams.
TOP = 10


@dataclass(frozen=True)
class Line:
    """A team's place; `before` is its public rank. Scores and the interval are from 0 to 1."""

    rank: int | None
    name: str
    score: float
    low: float
    high: float
    group: int | None
    entries: int
    public: float
    before: int | None


@dataclass(frozen=True)
class Report:
    """Everything that the template shows. `mistakes` and `findings` are None in the public report."""

    title: str
    public: bool
    final: bool
    revealed: bool
    part: str
    written: str
    timezone: str
    now: int
    teams: int
    entries: int
    invalid: int
    rows: int
    hidden: int
    moments: list[Moment]
    days: list[Day]
    series: dict[int, Series]
    lines: list[Line]
    mistakes: Mistakes | None
    findings: list[Finding] | None

    @property
    def ranked(self) -> list[Line]:
        """The teams with a rank."""
        return [line for line in self.lines if line.rank is not None]

    @property
    def moved(self) -> int:
        """The number of teams whose rank differs from their public rank."""
        return sum(line.before not in (None, line.rank) for line in self.ranked)

    @property
    def drop(self) -> float:
        """The median of public score minus private score over the ranked teams' final entries."""
        return median(line.public - line.score for line in self.ranked) if self.ranked else 0.0

    @property
    def groups(self) -> list[list[Line]]:
        """The ranked teams by group."""
        out: dict[int | None, list[Line]] = {}
        for line in self.ranked:
            out.setdefault(line.group, []).append(line)
        return list(out.values())


def read_report(competition: Competition, *, public: bool) -> Report:
    """The report as of now.

    The public report contains only what everyone may see now, and nothing that reveals labels. The tutor's report
    has the private standings, revealed or not, the accuracy per class, the hardest images and the findings.
    """
    rules = competition.rules
    with competition.read_transaction() as connection:
        revealed = is_revealed(connection)
        before = board_still.since(competition, connection) if public else None
        final = revealed or not public
        places = current_places(connection, rules.tie, rules.picks, final=final, before=before)
        entries = ranking.public_entries(connection, before=before)
        days = per_day(connection, rules.timezone, before)
        moments = timeline(competition, connection, public=public)
        secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
        teams = connection.execute(_TEAMS).scalar_one()
    visible = _visible_places(places, public and rules.names == "top")
    name_of = display_name_function(secret, rules.names) if public else lambda team: team.name
    return Report(
        title=rules.name,
        public=public,
        final=final,
        revealed=revealed,
        part="private" if final else "public",
        written=format_time(competition.clock(), rules.timezone),
        timezone=rules.timezone,
        now=competition.clock(),
        teams=teams,
        entries=sum(day.entries for day in days),
        invalid=sum(day.invalid for day in days),
        rows=places[0].after.score.rows if places else 0,
        hidden=sum(place.after.rank is not None for place in places) - sum(p.after.rank is not None for p in visible),
        moments=moments,
        days=days,
        series=ranking.best_so_far(entries, [place.after.team.id for place in visible if place.after.rank is not None]),
        lines=[_line(place, name_of(place.after.team)) for place in visible],
        mistakes=None if public else read_mistakes(competition, [place.after for place in places]),
        findings=None if public else find_suspicious(competition),
    )


_TEAMS = sa.select(sa.func.count()).select_from(database.teams).where(~database.teams.c.baseline)


def _visible_places(places: list[Move], top_only: bool) -> list[Move]:
    return [place for place in places if not top_only or place.after.rank is None or place.after.rank <= TOP]


def _line(place: Move, name: str) -> Line:
    after, before = place.after, place.before
    low, high = after.score.interval
    return Line(
        rank=after.rank,
        name=name,
        score=after.score.value,
        low=low,
        high=high,
        group=after.group,
        entries=after.entries,
        public=after.entry.public.value,
        before=before.rank if before else None,
    )
