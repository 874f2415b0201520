"""How the competition went: its events, the entries per day and the scores over time. Nothing here reads labels."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.core.clock import format_deadline, to_datetime
from leaderboard.standings.ranking import Series
from leaderboard.storage import audit_log, database

# The events of the log that everyone may see, and those for the tutor; the others are not in the timeline.
PUBLIC_EVENTS = {"init": "opened", "frozen": "frozen", "unfrozen": "opened again", "revealed": "revealed"}
TUTOR_EVENTS = {
    "rules": "rules changed",
    "grant": "grant given",
    "grant revoked": "grant ended",
    "rescored": "labels changed, all entries scored again",
    "team disabled": "taken off the board",
    "team enabled": "back on the board",
    "team renamed": "renamed",
    "entry excluded": "entry taken off the board",
    "exclusion ended": "entry ranks again",
    "entry moved": "entry moved to its team",
    "anchor filled in": "a crash was repaired",
}


@dataclass(frozen=True)
class Moment:
    """An event, past or future; `at` in microseconds since 1970."""

    at: int
    what: str
    detail: str = ""


@dataclass(frozen=True)
class Day:
    """The number of valid entries and of invalid files on one day in the competition's time zone."""

    day: date
    entries: int
    invalid: int


def timeline(competition: Competition, connection: sa.Connection, *, public: bool) -> list[Moment]:
    """All events in order. `public`: without events of single teams, and without reasons."""
    known = PUBLIC_EVENTS if public else PUBLIC_EVENTS | TUTOR_EVENTS
    events = [event for event in audit_log.events(connection) if event.event in known]
    moments = [Moment(e.at, known[e.event], "" if public else _detail(e)) for e in events]
    rules = competition.rules
    if rules.still_from is not None:
        moments.append(Moment(rules.still_from, "the board stands still"))
    if rules.closes_at is not None:
        moments.append(Moment(rules.closes_at, "deadline", format_deadline(rules.closes_at, rules.timezone)))
    return sorted(moments, key=lambda moment: moment.at)


def _detail(event: sa.Row) -> str:
    payload = json.loads(event.payload)
    return ", ".join(str(payload[name]) for name in ("submission", "team", "to", "kind", "reason") if payload.get(name))


def per_day(connection: sa.Connection, timezone: str, before: int | None) -> list[Day]:
    """Every day from the first file to the last, also days without files; only files that came before a moment."""
    counts = [_count(connection, table, timezone, before) for table in (database.submissions, database.rejections)]
    days = counts[0].keys() | counts[1].keys()
    if not days:
        return []
    first, last = min(days), max(days)
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [Day(day, counts[0][day], counts[1][day]) for day in every]


def _count(connection: sa.Connection, table: sa.Table, timezone: str, before: int | None) -> Counter[date]:
    statement = sa.select(table.c.at).where(sa.true() if before is None else table.c.at < before)
    return Counter(to_datetime(at, timezone).date() for at in connection.execute(statement).scalars())


def envelope(series: dict[int, Series]) -> tuple[Series, Series]:
    """The best score of all teams over time, and the median of the teams with an entry at that moment."""
    now: dict[int, float] = {}
    best: Series = []
    middle: Series = []
    for at, team, value in sorted((at, team, value) for team, points in series.items() for at, value in points):
        now[team] = value
        best.append((at, max(now.values())))
        middle.append((at, median(now.values())))
    return best, middle
