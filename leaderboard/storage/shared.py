"""A place for files that several machines share: a table of the database."""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.storage.database import Store
from leaderboard.storage.database_errors import explain_errors

files = sa.Table(
    "shared_files",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


class SharedFiles:
    """Files under their names. What is there never changes."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(self) -> None:
        """Make the table, unless it is there."""
        with explain_errors(), self.store.engine.begin() as connection:
            files.create(connection, checkfirst=True)

    def put(self, name: str, data: bytes) -> None:
        """Keep a file; a second time, from another machine too, costs nothing."""
        with explain_errors(), self.store.engine.begin() as connection:
            if not connection.execute(sa.select(files.c.name).where(files.c.name == name)).first():
                connection.execute(_insert(connection.dialect.name), {"name": name, "data": data})

    def get(self, name: str) -> bytes | None:
        """The file, None if there is none."""
        with explain_errors(), self.store.engine.connect() as connection:
            return connection.execute(sa.select(files.c.data).where(files.c.name == name)).scalar()


def _insert(dialect: str) -> sa.Insert:
    """An insert that leaves alone what another machine has put there in this moment."""
    from sqlalchemy.dialects import postgresql, sqlite

    insert = postgresql.insert(files) if dialect == "postgresql" else sqlite.insert(files)
    return insert.on_conflict_do_nothing()
