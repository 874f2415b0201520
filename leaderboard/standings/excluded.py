"""Which entries rank: those that are not late, withdrawn or void. Whatever ranks or counts entries asks here."""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.storage import database

_ENTRY, _EXCLUSIONS = database.submissions.c.id, database.exclusions.c
_OPEN = _EXCLUSIONS.ended_at.is_(None)


def is_ranked() -> sa.ColumnElement[bool]:
    """That an entry ranks, for a query of `submissions`."""
    return _ENTRY.not_in(sa.select(_EXCLUSIONS.submission_id).where(_OPEN))


def costs_quota() -> sa.ColumnElement[bool]:
    """That an entry takes its place in the daily quota, or its grant."""
    return _ENTRY.not_in(sa.select(_EXCLUSIONS.submission_id).where(_OPEN & _EXCLUSIONS.gives_back))


def exclusions_in_force(connection: sa.Connection) -> dict[int, sa.Row]:
    """The exclusion of each entry that is not ranked, by the entry's number."""
    rows = connection.execute(sa.select(database.exclusions).where(_OPEN))
    return {row.submission_id: row for row in rows}


def state(connection: sa.Connection) -> tuple[int, int, int]:
    """Changes with every exclusion, end of one, and move of an entry: for what is kept from query to query."""
    return tuple(connection.execute(_STATE).one())


def _count(column: sa.Column) -> sa.ScalarSelect:
    return sa.select(sa.func.count(column)).scalar_subquery()


# Built once: it takes longer to build than to run.
_STATE = sa.select(_count(_EXCLUSIONS.id), _count(_EXCLUSIONS.ended_at), _count(database.entry_moves.c.id))
