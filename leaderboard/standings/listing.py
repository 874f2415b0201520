"""The list of entries, with Kaggle's column names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from leaderboard.core.clock import to_datetime
from leaderboard.standings import ranking
from leaderboard.standings.excluded import exclusions_in_force
from leaderboard.standings.live import FAR_FUTURE
from leaderboard.standings.ranking import Entry
from leaderboard.storage import database

COLUMNS = (
    *("ref", "teamName", "fileName", "date", "description", "status", "publicScore", "privateScore"),
    *("selected", "counted"),
)


def submissions(
    connection: sa.Connection, timezone: str, picks: int, team: int | None = None, *, hidden_from: int | None = None
) -> list[dict[str, Any]]:
    """All entries in order of arrival, then all invalid files; of one team (by number), or of all teams.

    `selected`: the team has picked the entry; `counted`: the entry counts in the final standings, picked or not.
    `date` is a datetime. Under the Ladder rule an entry that does not count shows the team's best score at that time,
    as the team saw it. Entries from the moment `hidden_from` on have no score. Disabled teams are included.
    """
    teams = {row.id: row for row in connection.execute(sa.select(database.teams))}
    accepted = _entry_rows(connection, teams, timezone, picks, FAR_FUTURE if hidden_from is None else hidden_from)
    rows = [*accepted, *_rejected_rows(connection, teams, timezone)]
    return [row for number, row in rows if team is None or number == team]


def teams_except(connection: sa.Connection, listed: Iterable[int]) -> list[sa.Row]:
    """The teams whose numbers are not in `listed`, in order of their numbers."""
    wanted = database.teams.c.id.not_in(list(listed))
    return list(connection.execute(sa.select(database.teams).where(wanted).order_by(database.teams.c.id)))


def _entry_rows(
    connection: sa.Connection, teams: dict[int, sa.Row], timezone: str, picks: int, hidden_from: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    files = {row.id: row for row in connection.execute(sa.select(database.submissions))}
    entries = ranking.private_entries(connection, disabled=True, excluded=True)
    excluded = exclusions_in_force(connection)
    counted = _counting_numbers([entry for entry in entries if entry.number not in excluded], picks)
    best: dict[int, Any] = {}
    for entry in entries:
        if entry.counts and (entry.team_id not in best or entry.public > best[entry.team_id]):
            best[entry.team_id] = entry.public
        score = entry.public if entry.counts else best.get(entry.team_id, entry.public)
        hidden = entry.at >= hidden_from
        status = "complete, score not shown" if hidden else "complete" if entry.counts else "complete, not counted"
        if entry.number in excluded:
            status = _excluded_text(excluded[entry.number])
        row = _row(teams[entry.team_id], files[entry.number], status, timezone)
        private = entry.private.value if entry.private else None
        row |= {"publicScore": None if hidden else score.value, "privateScore": private}
        yield entry.team_id, row | {"selected": entry.picked, "counted": entry.number in counted}


def _excluded_text(exclusion: sa.Row) -> str:
    """For example "void, not ranked: two accounts"."""
    text = f"{exclusion.kind}, not ranked"
    return f"{text}: {exclusion.reason}" if exclusion.reason else text


def _counting_numbers(entries: list[Entry], picks: int) -> set[int]:
    """The numbers of the entries that count in the private standings."""
    own: dict[int, list[Entry]] = {}
    for entry in entries:
        own.setdefault(entry.team_id, []).append(entry)
    return {entry.number for of_team in own.values() for entry in ranking.final_picks(of_team, picks)}


def _rejected_rows(
    connection: sa.Connection, teams: dict[int, sa.Row], timezone: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    for rejected in connection.execute(sa.select(database.rejections).order_by(database.rejections.c.id)):
        yield rejected.team_id, _row(teams[rejected.team_id], rejected, f"invalid: {rejected.codes}", timezone)


def _row(team: sa.Row, record: Any, status: str, timezone: str) -> dict[str, Any]:
    invalid = status.startswith("invalid")
    return {
        "ref": None if invalid else record.id,
        "teamName": team.name,
        "fileName": record.file_name,
        "date": to_datetime(record.at, timezone),
        "description": "" if invalid else record.message,
        "status": f"{status}, team disabled" if team.disabled else status,
        "publicScore": None,
        "privateScore": None,
        "selected": False,
        "counted": False,
    }


def participant_columns(connection: sa.Connection) -> tuple[str, ...]:
    """The columns for participants; they include the private score after the reveal."""
    is_revealed = connection.execute(sa.select(database.competition.c.revealed_at)).scalar() is not None
    left_out = {"counted"} if is_revealed else {"counted", "privateScore"}
    return tuple(name for name in COLUMNS if name not in left_out)
