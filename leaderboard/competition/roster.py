"""The list of teams, for the tutor."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.names import display_name_function, team_key
from leaderboard.competition.rules import Rules
from leaderboard.core.clock import to_datetime
from leaderboard.storage import database

COLUMNS = ("teamId", "teamName", "shown", "entries", "baseline", "disabled", "added")


def team_columns(rules: Rules) -> tuple[str, ...]:
    """The columns to show, with the page of each team if the rules give it one."""
    return (*COLUMNS, "page") if rules.names == "top" else COLUMNS


def team_rows(competition: Competition) -> list[dict[str, Any]]:
    """One row per team, in the order in which they were added."""
    statement = (
        sa.select(database.teams, sa.func.count(database.submissions.c.id).label("entries"))
        .outerjoin(database.submissions)
        .group_by(database.teams.c.id)
        .order_by(database.teams.c.id)
    )
    with competition.read_transaction() as connection:
        teams = connection.execute(statement).all()
        secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
    name_of = display_name_function(secret, competition.rules.names)
    return [
        {
            "teamId": team.id,
            "teamName": team.name,
            "shown": name_of(team),
            "entries": team.entries,
            "baseline": bool(team.baseline),
            "disabled": bool(team.disabled),
            "added": to_datetime(team.created_at, competition.rules.timezone),
            "page": f"team/{team_key(secret, team.id)}.html",
        }
        for team in teams
    ]
