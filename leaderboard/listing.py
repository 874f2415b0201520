"""The list of entries under Kaggle's column names."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from leaderboard import ranking, store
from leaderboard.clock import shown
from leaderboard.competition import Competition

COLUMNS = ("ref", "teamName", "fileName", "date", "description", "status", "publicScore", "privateScore", "selected")


def submissions(competition: Competition, connection: sa.Connection, team: str | None) -> list[dict[str, Any]]:
    """Entries in order of arrival, then rejections; of one team, or of all, disabled ones among them.

    Under the Ladder rule an entry that does not count shows the team's best score of that time, as the team saw it.
    """
    teams = {row.id: row for row in connection.execute(sa.select(store.teams))}
    files = {row.id: row for row in connection.execute(sa.select(store.submissions))}
    best: dict[int, Any] = {}
    rows = []
    for entry in ranking.private_entries(connection, disabled=True):
        if entry.counts and (entry.team_id not in best or entry.public > best[entry.team_id]):
            best[entry.team_id] = entry.public
        score = entry.public if entry.counts else best[entry.team_id]
        status = "complete" if entry.counts else "complete, not counted"
        row = _row(teams[entry.team_id], files[entry.number], status, competition.rules.timezone)
        private = entry.private.value if entry.private else None
        rows.append(row | {"publicScore": score.value, "privateScore": private, "selected": entry.picked})
    for rejected in connection.execute(sa.select(store.rejections).order_by(store.rejections.c.id)):
        rows.append(_row(teams[rejected.team_id], rejected, f"invalid: {rejected.codes}", competition.rules.timezone))
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
