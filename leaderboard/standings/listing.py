"""The list of entries under Kaggle's column names."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from leaderboard.core.clock import shown
from leaderboard.standings import ranking
from leaderboard.storage import database

COLUMNS = ("ref", "teamName", "fileName", "date", "description", "status", "publicScore", "privateScore", "selected")


def submissions(connection: sa.Connection, timezone: str, team: str | None) -> list[dict[str, Any]]:
    """Entries in order of arrival, then rejections; of one team, or of all, disabled ones among them.

    Under the Ladder rule an entry that does not count shows the team's best score of that time, as the team saw it.
    """
    teams = {row.id: row for row in connection.execute(sa.select(database.teams))}
    files = {row.id: row for row in connection.execute(sa.select(database.submissions))}
    best: dict[int, Any] = {}
    rows = []
    for entry in ranking.private_entries(connection, disabled=True):
        if entry.counts and (entry.team_id not in best or entry.public > best[entry.team_id]):
            best[entry.team_id] = entry.public
        score = entry.public if entry.counts else best[entry.team_id]
        status = "complete" if entry.counts else "complete, not counted"
        row = _row(teams[entry.team_id], files[entry.number], status, timezone)
        private = entry.private.value if entry.private else None
        rows.append(row | {"publicScore": score.value, "privateScore": private, "selected": entry.picked})
    for rejected in connection.execute(sa.select(database.rejections).order_by(database.rejections.c.id)):
        rows.append(_row(teams[rejected.team_id], rejected, f"invalid: {rejected.codes}", timezone))
    return [row for row in rows if team is None or row["teamName"] == team]


def _row(team: sa.Row, record: Any, status: str, timezone: str) -> dict[str, Any]:
    invalid = status.startswith("invalid")
    return {
        "ref": None if invalid else record.id,
        "teamName": team.name,
        "fileName": record.file_name,
        "date": shown(record.at, timezone),
        "description": "" if invalid else record.message,
        "status": f"{status}, team disabled" if team.disabled else status,
        "publicScore": None,
        "privateScore": None,
        "selected": False,
    }


def shown_columns(connection: sa.Connection) -> tuple[str, ...]:
    """The columns for participants: the private score is among them once it is revealed."""
    if connection.execute(sa.select(database.competition.c.revealed_at)).scalar() is not None:
        return COLUMNS
    return tuple(name for name in COLUMNS if name != "privateScore")
