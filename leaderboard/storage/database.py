"""The database: tables, and transactions that hold the competition's one write lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc

from leaderboard.core.errors import LeaderboardError
from leaderboard.storage.database_errors import explain_errors
from leaderboard.storage.file_systems import may_be_shared

# Connections that a process which lives on keeps; twice as many for a moment.
POOL = 24
metadata = sa.MetaData()
_id = sa.Integer().with_variant(sa.BigInteger(), "postgresql")

competition = sa.Table(
    "competition",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("frozen_at", sa.BigInteger),
    sa.Column("revealed_at", sa.BigInteger),
    # The rules as last logged: an edit of rules.toml is seen, and logged, by the next command that writes.
    sa.Column("rules", sa.Text, nullable=False),
    # Names the teams' own pages and the pseudonyms, so that nobody can guess them.
    sa.Column("secret", sa.Text, nullable=False),
)
teams = sa.Table(
    "teams",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # Case-folded, so that two teams cannot be told apart by case alone.
    sa.Column("folded", sa.Text, nullable=False, unique=True),
    sa.Column("alias", sa.Text),
    sa.Column("token_sha256", sa.Text, unique=True),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("baseline", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("id", _id, primary_key=True, autoincrement=False),
    sa.Column("team_id", sa.ForeignKey("teams.id"), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("picked", sa.Boolean, nullable=False),
    sa.UniqueConstraint("team_id", "sha256"),
    sa.Index("submissions_of_a_day", "team_id", "at"),
)


def _score_columns() -> list[sa.Column]:
    return [
        sa.Column("submission_id", sa.ForeignKey("submissions.id"), primary_key=True),
        # The solution's revision: a rescore adds rows and keeps the old ones.
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("hits", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        # One bit a row of the part, in the solution's order: what paired tests need.
        sa.Column("row_hits", sa.LargeBinary, nullable=False),
    ]


public_scores = sa.Table("public_scores", metadata, *_score_columns(), sa.Column("counts", sa.Boolean, nullable=False))
private_scores = sa.Table("private_scores", metadata, *_score_columns())
rejections = sa.Table(
    "rejections",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("team_id", sa.ForeignKey("teams.id"), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("codes", sa.Text, nullable=False),
    sa.Index("rejections_of_a_day", "team_id", "at"),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", _id, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

# Who is in a team. A member who leaves keeps the row, with the moment.
members = sa.Table(
    "members",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("team_id", sa.ForeignKey("teams.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("student_id", sa.Text, nullable=False, index=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("joined_at", sa.BigInteger, nullable=False),
    sa.Column("left_at", sa.BigInteger),
)
# Exceptions for one team: further entries in all, or a later deadline, or both, until the moment `until`.
grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", _id, primary_key=True, autoincrement=False),
    sa.Column("team_id", sa.ForeignKey("teams.id"), nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.BigInteger),
)
# The entries that used a grant rather than the daily quota.
grant_uses = sa.Table(
    "grant_uses",
    metadata,
    sa.Column("submission_id", sa.ForeignKey("submissions.id"), primary_key=True, autoincrement=False),
    sa.Column("grant_id", sa.ForeignKey("grants.id"), nullable=False, index=True),
)
# Why an entry is not ranked: it came late, its team withdrew it, or the tutor made it void; until `ended_at`, if ever.
exclusions = sa.Table(
    "exclusions",
    metadata,
    sa.Column("id", _id, primary_key=True, autoincrement=False),
    sa.Column("submission_id", sa.ForeignKey("submissions.id"), nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # Whether the entry gives its place in the daily quota, or its grant, back.
    sa.Column("gives_back", sa.Boolean, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
)
# Entries that the tutor gave to another team.
entry_moves = sa.Table(
    "entry_moves",
    metadata,
    sa.Column("id", _id, primary_key=True, autoincrement=False),
    sa.Column("submission_id", sa.ForeignKey("submissions.id"), nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("from_id", sa.ForeignKey("teams.id"), nullable=False),
    sa.Column("to_id", sa.ForeignKey("teams.id"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
# The version of these tables: see upgrade.py. Databases of version 1 lack it.
SCHEMA = 4
schema = sa.Table("schema", metadata, sa.Column("version", sa.Integer, primary_key=True))


_LOCK = sa.select(competition.c.id).with_for_update()


class Store:
    """One competition's database. `reading` sees one moment; `writing` is alone until it commits.

    Threads may share a store. `pooled`: connections are kept open, for a process that lives on.
    """

    def __init__(self, url: str | sa.URL, *, pooled: bool = False) -> None:
        # Threads wait here, in memory, rather than at the database's lock, which they would ask again and again.
        self._writing = threading.Lock()
        try:
            self.engine = _engine(url, pooled)
        except (exc.ArgumentError, exc.NoSuchModuleError):
            raise LeaderboardError("the database URL is not understood: write postgresql://user@host/name") from None
        except ModuleNotFoundError as error:
            text = f"the database needs {error.name}: pip install 'cifar10-competition-kit[postgres]'"
            raise LeaderboardError(text) from None

    def create(self) -> None:
        """Make the tables. Raises LeaderboardError when the database holds a competition already."""
        with explain_errors(), self.engine.begin() as connection:
            if sa.inspect(connection).has_table(competition.name):
                raise LeaderboardError("the database holds a competition already: give each its own database")
            _require_every_name(connection)
            metadata.create_all(connection)
            connection.execute(schema.insert().values(version=SCHEMA))

    def drop(self) -> None:
        """Take the tables away again."""
        with suppress(LeaderboardError), explain_errors(), self.engine.begin() as connection:
            metadata.drop_all(connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent moment and changes nothing."""
        level = "REPEATABLE READ" if self.engine.dialect.name == "postgresql" else "SERIALIZABLE"
        with explain_errors(), self.engine.connect() as plain:
            connection = plain.execution_options(isolation_level=level) if level != "SERIALIZABLE" else plain
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its first moment; it commits when the block ends well."""
        with self._writing, explain_errors(), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection = connection.execution_options(write_lock=True)
            with connection.begin():
                if self.engine.dialect.name != "sqlite":  # where BEGIN takes the lock already
                    connection.execute(_LOCK)
                yield connection


def _require_every_name(connection: sa.Connection) -> None:
    """Raise LeaderboardError for a PostgreSQL whose encoding lacks letters; SQL_ASCII keeps any bytes as they are."""
    if connection.engine.dialect.name != "postgresql":
        return
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding not in ("UTF8", "SQL_ASCII"):
        text = f"the database is in {encoding}, which cannot hold every name"
        raise LeaderboardError(f"{text}: make one with CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0")


def _engine(url: str | sa.URL, pooled: bool) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    pool: dict = {"pool_size": POOL, "max_overflow": POOL} if pooled else {}
    pool["poolclass"] = sa.QueuePool if pooled else sa.NullPool
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed, **pool, pool_pre_ping=pooled, connect_args={"client_encoding": "utf8"})
    if parsed.get_backend_name() != "sqlite":
        raise exc.ArgumentError(parsed.drivername)
    engine = sa.create_engine(parsed, **pool, connect_args={"timeout": 60, "check_same_thread": False})
    # Readers do not wait for a writer, and a commit flushes one file instead of three. It needs shared memory.
    mode = "DELETE" if may_be_shared(Path(parsed.database or "")) else "WAL"
    event.listen(engine, "connect", lambda connection, _record: _configure_sqlite(connection, mode))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, mode: str) -> None:
    # Python's own transaction handling would begin late, after the quota was read.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    # Where another process is at work the mode stays as it is, which is right too, until a later command.
    with suppress(sqlite3.OperationalError):
        connection.execute(f"PRAGMA journal_mode = {mode}")


def _begin_sqlite(connection: sa.Connection) -> None:
    locked = connection.get_execution_options().get("write_lock", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if locked else "BEGIN")


def select_dict(connection: sa.Connection, statement: sa.Select) -> dict:
    """The rows of a query for two columns, the second under the first."""
    return {row[0]: row[1] for row in connection.execute(statement)}


def copy_rows(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Insert all rows of a table into the same table of another database."""
    for rows in source.execute(sa.select(table)).mappings().partitions(5000):
        target.execute(table.insert(), [dict(row) for row in rows])


def sqlite_url(path: Path) -> sa.URL:
    return sa.URL.create("sqlite", database=str(path))
