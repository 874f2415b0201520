"""The complete final standings for the tutor: with the counting entry of each team and the hash of its file."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from leaderboard.core.clock import to_datetime
from leaderboard.standings.excluded import exclusions_in_force
from leaderboard.standings.listing import teams_except
from leaderboard.standings.places import Move, final_places
from leaderboard.storage import database

COLUMNS = (
    *("rank", "change", "publicRank", "teamId", "teamName", "status", "privateScore", "privateHits", "privateRows"),
    *("publicScore", "publicHits", "publicRows", "group", "entries", "countingEntry", "countingDate", "fileName"),
    *("sha256", "picks", "standings"),
)
# The columns of the table for reading; CSV and JSON have all columns.
TABLE = ("rank", "change", "teamName", "status", "privateScore", "publicScore", "group", "countingEntry", "picks")


def final_rows(connection: sa.Connection, tie: str, picks: int, timezone: str, standings: str) -> list[dict[str, Any]]:
    """Every team: those with a place first, then those without an entry and those taken off the board.

    `status` is ranked, baseline, no entry, no ranked entry (all are late, withdrawn or void) or disabled. `standings`
    is the same in every row and names the standings. `picks` are the numbers of the entries that the team has picked,
    separated by blanks.
    """
    files = {row.id: row for row in connection.execute(sa.select(database.submissions))}
    excluded = exclusions_in_force(connection)
    picked = _picks_by_team(row for row in files.values() if row.id not in excluded)
    entered = {row.team_id for row in files.values()}
    places = final_places(connection, tie, picks)
    rows = [_row(place, files[place.after.entry.number], picked, timezone) for place in places]
    rows += [
        _without_place(team, picked, entered) for team in teams_except(connection, (p.after.team.id for p in places))
    ]
    return [row | {"standings": standings} for row in rows]


def _picks_by_team(entries: Any) -> dict[int, str]:
    out: dict[int, list[str]] = {}
    for entry in entries:
        if entry.picked:
            out.setdefault(entry.team_id, []).append(str(entry.id))
    return {team: " ".join(numbers) for team, numbers in out.items()}


def _row(place: Move, file: sa.Row, picked: dict[int, str], timezone: str) -> dict[str, Any]:
    after, entry = place.after, place.after.entry
    return {
        "rank": after.rank,
        "change": place.change,
        "publicRank": place.before.rank if place.before else None,
        "teamId": after.team.id,
        "teamName": after.team.name,
        "status": "baseline" if after.team.baseline else "ranked",
        "privateScore": after.score.value,
        "privateHits": after.score.hits,
        "privateRows": after.score.rows,
        "publicScore": entry.public.value,
        "publicHits": entry.public.hits,
        "publicRows": entry.public.rows,
        "group": after.group,
        "entries": after.entries,
        "countingEntry": entry.number,
        "countingDate": to_datetime(entry.at, timezone),
        "fileName": file.file_name,
        "sha256": file.sha256,
        "picks": picked.get(after.team.id, ""),
    }


def _without_place(team: sa.Row, picked: dict[int, str], entered: set[int]) -> dict[str, Any]:
    status = "disabled" if team.disabled else "no ranked entry" if team.id in entered else "no entry"
    row = dict.fromkeys(COLUMNS) | {"teamId": team.id, "teamName": team.name, "status": status}
    return row | {"picks": picked.get(team.id, "")}
