"""Which entries rank: those that are not late, withdrawn or void. All code that ranks or counts entries uses this."""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.storage import database

_ENTRY, _EXCLUSIONS = database.submissions.c.id, database.exclusions.c
_OPEN = _EXCLUSIONS.ended_at.is_(None)


def is_ranked() -> sa.ColumnElement[bool]:
    """The condition that an entry ranks, for a query of `submissions`."""
    return _ENTRY.not_in(sa.select(_EXCLUSIONS.submission_id).where(_OPEN))


def costs_quota() -> sa.ColumnElement[bool]:
    """The condition that an entry uses up the daily quota or a grant, for a query of `submissions`."""
    return _ENTRY.not_in(sa.select(_EXCLUSIONS.submission_id).where(_OPEN & _EXCLUSIONS.gives_back))


def exclusions_in_force(connection: sa.Connection) -> dict[int, sa.Row]:
    """The exclusions that apply now, by the number of the excluded entry."""
    rows = connection.execute(sa.select(database.exclusions).where(_OPEN))
    return {row.submission_id: row for row in rows}


def state(connection: sa.Connection) -> tuple[int, int, int]:
    """Counts that change with every exclusion, end of an exclusion, and move of an entry: the key for a cache."""
    return tuple(connection.execute(_STATE).one())


def _count(column: sa.Column) -> sa.ScalarSelect:
    return sa.select(sa.func.count(column)).scalar_subquery()


# Built once: building the query takes longer than running it.
_STATE = sa.select(_count(_EXCLUSIONS.id), _count(_EXCLUSIONS.ended_at), _count(database.entry_moves.c.id))
