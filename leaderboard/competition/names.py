"""The names that pages show, and the keys of the teams' own pages, which nobody can guess."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import sqlalchemy as sa

from leaderboard.storage import database

# 40 bits: among 1,000 teams, two have the same pseudonym in one of two million competitions.
KEY_DIGITS, PSEUDONYM_DIGITS = 32, 10


def team_key(secret: str, team_id: int) -> str:
    """32 hexadecimal digits that nobody can compute from the team without the competition's secret."""
    return hmac.new(secret.encode(), str(team_id).encode(), hashlib.sha256).hexdigest()[:KEY_DIGITS]


def display_name(connection: sa.Connection, mode: str, team: sa.Row) -> str:
    """The name that pages show for a team; the team needs it to find its line."""
    secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
    return display_name_function(secret, mode)(team)


def display_name_function(secret: str, mode: str) -> Callable[[sa.Row], str]:
    """A function from a team's row to the name that pages show; `mode` is the rule `names`."""

    def name(team: sa.Row) -> str:
        if team.alias:
            return team.alias
        if mode == "anonymous" and not team.baseline:
            return f"Team {team_key(secret, -team.id)[:PSEUDONYM_DIGITS].upper()}"
        return team.name

    return name
