"""Places as rows of plain data, with Kaggle's column names."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from leaderboard.core.clock import to_datetime
from leaderboard.standings.places import Move
from leaderboard.standings.ranking import Standing

# The columns of the table for reading; CSV and JSON have more.
STANDING_COLUMNS = ("rank", "teamName", "score", "low", "high", "hits", "rows", "entries", "submissionDate", "group")
CHANGE_COLUMNS = ("part", "rank", "change", "teamName", "score", "before")


def standing_columns(form: str, *more: str) -> tuple[str, ...]:
    """The columns of the standings for an output format ("table", "csv" or "json"), with `more` after the rank."""
    rank, *others = STANDING_COLUMNS
    return (rank, *more, *others) if form == "table" else (rank, *more, "teamId", *others, "baseline", "part")


def standing_row(place: Standing, timezone: str) -> dict[str, Any]:
    """A place as plain data."""
    low, high = place.score.interval
    return {
        "rank": place.rank,
        "teamId": place.team.id,
        "teamName": place.team.name,
        "score": place.score.value,
        "low": low,
        "high": high,
        "hits": place.score.hits,
        "rows": place.score.rows,
        "entries": place.entries,
        "submissionDate": to_datetime(place.entry.at, timezone),
        "group": place.group,
        "baseline": bool(place.team.baseline),
    }


def moved_row(move: Move, timezone: str, part: str) -> dict[str, Any]:
    """A place with the change since the other standings; `part`: "public" or "private"."""
    return {**standing_row(move.after, timezone), "change": move.change, "part": part}


def mark_baseline(row: dict[str, Any], form: str) -> dict[str, Any]:
    """The row; in a table, which has no column for it, a baseline is marked behind its name."""
    return row | {"teamName": f"{row['teamName']} (baseline)"} if form == "table" and row["baseline"] else row


def row_without_place(team: sa.Row, part: str) -> dict[str, Any]:
    """The row of a team without a place: it has no ranked entry, or is disabled."""
    row = dict.fromkeys((*STANDING_COLUMNS, "change"))
    return row | {"teamId": team.id, "teamName": team.name, "baseline": bool(team.baseline), "part": part}


def change_rows(part: str, moves: list[Move]) -> list[dict[str, Any]]:
    """The places of one part whose score or rank has changed."""
    return [
        {
            "part": part,
            "rank": move.after.rank,
            "change": move.change,
            "teamName": move.after.team.name,
            "score": move.after.score.value,
            "before": move.before.score.value if move.before else None,
        }
        for move in moves
        if move.before is None or move.after.score != move.before.score or move.change
    ]
