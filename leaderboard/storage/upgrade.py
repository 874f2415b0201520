"""Bring the tables of an older database up to date: a step only adds, so nothing that was logged changes.

Alembic would need its own folder of scripts beside every competition; the few steps here are tables that are new.
"""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database

# The tables that each version added.
STEPS: dict[int, tuple[sa.Table, ...]] = {
    2: (database.members, database.grants, database.schema),
    3: (database.grant_uses,),
    4: (database.exclusions, database.entry_moves),
}


def upgrade(store: database.Store) -> None:
    """Add the tables that the database lacks. Raises LeaderboardError for a database of a newer version."""
    with store.reading() as connection:
        found = version(connection)
    if found is None or found == database.SCHEMA:
        return
    if found > database.SCHEMA:
        text = f"the competition has tables of version {found}, and this program knows {database.SCHEMA}"
        raise LeaderboardError(f"{text}: install a newer leaderboard")
    with store.writing() as connection:
        for step in range((version(connection) or 0) + 1, database.SCHEMA + 1):  # another process may have been first
            for table in STEPS[step]:
                table.create(connection, checkfirst=True)
            connection.execute(database.schema.delete())
            connection.execute(database.schema.insert().values(version=step))


def version(connection: sa.Connection) -> int | None:
    """The version of the tables; None if there are none."""
    has_table = sa.inspect(connection).has_table
    if not has_table(database.competition.name):
        return None
    if not has_table(database.schema.name):
        return 1
    return connection.execute(sa.select(sa.func.max(database.schema.c.version))).scalar() or 1
