"""Bring the tables of an older database up to date. Each step only adds tables; nothing that was logged changes.

All tables are copied before the first step. docs/architecture.md says why this is not Alembic.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import sqlalchemy as sa

from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database

log = logging.getLogger(__name__)
# The tables that each version added.
STEPS: dict[int, tuple[sa.Table, ...]] = {
    2: (database.members, database.grants, database.schema),
    3: (database.grant_uses,),
    4: (database.exclusions, database.entry_moves),
}


def upgrade(store: database.Store, folder: Path) -> None:
    """Add the missing tables, after copying all tables into an SQLite file in `folder`.

    Raises LeaderboardError for a database of a newer version.
    """
    with store.read_transaction() as connection:
        found = version(connection)
    if found is None or found == database.SCHEMA:
        return
    if found > database.SCHEMA:
        newest = f"but this program supports only versions up to {database.SCHEMA}"
        text = f"the competition has tables of version {found}, {newest}"
        raise LeaderboardError(f"{text}: install a newer leaderboard")
    with store.write_transaction() as connection:
        found = version(connection) or 0
        if found == database.SCHEMA:  # another process has done it
            return
        copy = _copy(connection, folder / f"before-version-{database.SCHEMA}.db")
        for step in range(found + 1, database.SCHEMA + 1):
            for table in STEPS[step]:
                table.create(connection, checkfirst=True)
            connection.execute(database.schema.delete())
            connection.execute(database.schema.insert().values(version=step))
    log.warning("the tables are now of version %d; a copy of the old tables is in %s", database.SCHEMA, copy)


def version(connection: sa.Connection) -> int | None:
    """The version of the tables; None if there are none."""
    has_table = sa.inspect(connection).has_table
    if not has_table(database.competition.name):
        return None
    if not has_table(database.schema.name):
        return 1
    return connection.execute(sa.select(sa.func.max(database.schema.c.version))).scalar() or 1


def _copy(source: sa.Connection, path: Path) -> Path:
    """Copy all existing tables into an SQLite database that only its owner can read."""
    path.unlink(missing_ok=True)  # left by an interrupted upgrade
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    there = set(sa.inspect(source).get_table_names())
    with database.Store(database.sqlite_url(path)).engine.begin() as target:
        for table in database.metadata.sorted_tables:
            if table.name in there:
                table.create(target)
                database.copy_rows(source, target, table)
    return path
