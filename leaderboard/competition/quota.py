"""How many entries and invalid files a team has had on one day."""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.competition import grants
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import day_bounds
from leaderboard.storage import database


def quota_left(competition: Competition, connection: sa.Connection, team: sa.Row, at: int) -> tuple[int, int]:
    """Entries the team has left on the day of `at`, granted ones among them, and the moment the day ends."""
    daily, end = daily_left(competition, connection, team.id, at)
    granted = grants.allowance(connection, team.id, at).entries
    return (max(0, daily) + granted if granted else daily), end


def daily_left(competition: Competition, connection: sa.Connection, team_id: int, at: int) -> tuple[int, int]:
    """What is left of the daily quota alone, and the moment the day ends."""
    start, end = day_bounds(at, competition.rules.timezone)
    taken = count_of_day(connection, database.submissions, team_id, start, end)
    if taken > 0:
        taken -= grants.used_of_day(connection, team_id, start, end)
    return competition.rules.daily_quota - taken, end


def invalid_left(competition: Competition, connection: sa.Connection, team: sa.Row, at: int) -> int:
    """Invalid files that the team may still send on the day of `at`."""
    start, end = day_bounds(at, competition.rules.timezone)
    return competition.rules.daily_invalid - count_of_day(connection, database.rejections, team.id, start, end)


def count_of_day(connection: sa.Connection, table: sa.Table, team_id: int, start: int, end: int) -> int:
    values = {"team": team_id, "first": start, "end": end}
    return connection.execute(_COUNTS[table.name], values).scalar_one()


def _count(table: sa.Table) -> sa.Select:
    wanted = table.c.team_id == sa.bindparam("team")
    day = (table.c.at >= sa.bindparam("first")) & (table.c.at < sa.bindparam("end"))
    return sa.select(sa.func.count()).select_from(table).where(wanted & day)


_COUNTS = {table.name: _count(table) for table in (database.submissions, database.rejections)}
