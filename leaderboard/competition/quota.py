"""What a team may still send on one day of the competition."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from leaderboard.competition import grants
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import day_bounds
from leaderboard.core.errors import RefusedError
from leaderboard.standings.excluded import costs_quota
from leaderboard.storage import database


@dataclass(frozen=True)
class DayQuota:
    """What is left of a team's quotas on one day; below zero if a quota was lowered during the day."""

    daily: int
    """Entries left of the daily quota, without grants."""
    invalid: int
    """Invalid files left."""
    ends_at: int
    """When the next day begins, in microseconds since 1970."""
    allowance: grants.Allowance
    quota: int
    """The daily quota of the rules."""

    @property
    def allowed(self) -> int:
        """The daily quota plus granted entries; `left` is never more than this."""
        return self.quota + self.allowance.entries

    @property
    def left(self) -> int:
        """Entries left, including granted ones."""
        granted = self.allowance.entries
        return max(0, self.daily) + granted if granted else self.daily


def day_quota(competition: Competition, connection: sa.Connection, team_id: int, at: int) -> DayQuota:
    """The team's quotas on the day that contains the time `at` (microseconds since 1970)."""
    start, end = day_bounds(at, competition.rules.timezone)
    values = {"team": team_id, "first": start, "end": end}
    taken, granted, invalid = connection.execute(_COUNTS, values).one()
    rules = competition.rules
    allowance = grants.allowance(connection, team_id, at)
    return DayQuota(
        rules.daily_quota - (taken - granted), rules.daily_invalid - invalid, end, allowance, rules.daily_quota
    )


def why_closed(competition: Competition, connection: sa.Connection, day: DayQuota, at: int) -> str:
    """Why the team can enter no file at the time `at`: the deadline has passed, or frozen. Empty if it can."""
    state = connection.execute(sa.select(database.competition)).one()
    try:
        competition.require_open(state, at, max(day.allowance.until, competition.rules.late_until or 0))
    except RefusedError as error:
        return str(error)
    return ""


def _count_on_day(what: sa.FromClause, table: sa.Table, further: sa.ColumnElement[bool]) -> sa.ScalarSelect:
    """How many rows the team has on the day."""
    own = further & (table.c.team_id == sa.bindparam("team"))
    today = (table.c.at >= sa.bindparam("first")) & (table.c.at < sa.bindparam("end"))
    return sa.select(sa.func.count()).select_from(what).where(own & today).scalar_subquery()


_ENTRIES = database.submissions
# Entries, entries that used a grant and so cost no daily quota, and invalid files, in one query.
_COUNTS = sa.select(
    _count_on_day(_ENTRIES, _ENTRIES, costs_quota()),
    _count_on_day(database.grant_uses.join(_ENTRIES), _ENTRIES, costs_quota()),
    _count_on_day(database.rejections, database.rejections, sa.true()),
)
