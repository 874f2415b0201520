"""Files that several machines share, in a table of the database."""

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
    """Files by name. A stored file never changes."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(self) -> None:
        """Make the table if it does not exist."""
        with explain_errors(), self.store.engine.begin() as connection:
            files.create(connection, checkfirst=True)

    def put(self, name: str, data: bytes) -> None:
        """Store a file, unless this or another machine has stored it already."""
        with explain_errors(), self.store.engine.begin() as connection:
            if not connection.execute(sa.select(files.c.name).where(files.c.name == name)).first():
                connection.execute(_insert(connection.dialect.name), {"name": name, "data": data})

    def get(self, name: str) -> bytes | None:
        """The bytes of the file; None if it does not exist."""
        with explain_errors(), self.store.engine.connect() as connection:
            return connection.execute(sa.select(files.c.data).where(files.c.name == name)).scalar()


def _insert(dialect: str) -> sa.Insert:
    """An insert that does nothing if another machine has just stored the same file."""
    from sqlalchemy.dialects import postgresql, sqlite

    insert = postgresql.insert(files) if dialect == "postgresql" else sqlite.insert(files)
    return insert.on_conflict_do_nothing()
