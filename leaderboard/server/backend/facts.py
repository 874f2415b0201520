"""The public facts about a competition, as plain values."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from leaderboard.competition import board_still
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import to_datetime
from leaderboard.page.board import status_text
from leaderboard.storage import database


def iso(at: int, timezone: str) -> str:
    """A time in ISO 8601, to the second, in the timezone and with its offset."""
    return to_datetime(at, timezone).isoformat(timespec="seconds")


def status(competition: Competition, state: sa.Row, at: int) -> str:
    """open, closed (past the deadline), frozen or final."""
    return status_text(competition, state, at).lower()


def competition_facts(competition: Competition) -> dict[str, Any]:
    """Rules, status and times."""
    competition.log_rules()
    rules, at = competition.rules, competition.clock()
    with competition.read_transaction() as connection:
        state = connection.execute(sa.select(database.competition)).one()
        stands = board_still.since(competition, connection)
    return {
        "name": rules.name,
        "metric": rules.metric.rpartition(":")[2],
        "classes": list(rules.classes),
        "probabilities": rules.probabilities,
        "daily_quota": rules.daily_quota,
        "daily_invalid": rules.daily_invalid,
        "picks": rules.picks,
        "tie": rules.tie,
        "ladder": rules.ladder,
        "names": rules.names,
        "timezone": rules.timezone,
        "deadline": None if rules.closes_at is None else iso(rules.closes_at, rules.timezone),
        "status": status(competition, state, at),
        "board_still_since": None if stands is None else iso(stands, rules.timezone),
        "now": iso(at, rules.timezone),
        "max_bytes": competition.solution(state.revision).expected(rules.probabilities).max_bytes,
    }
