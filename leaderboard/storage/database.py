"""The database: its tables, and transactions that hold the competition's only write lock."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc

from leaderboard.core.errors import LeaderboardError
from leaderboard.storage.database_errors import explain_errors
from leaderboard.storage.file_systems import may_be_shared

# Connections to keep open for a long-running process, and how many more it may open for a short time.
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
    # The rules as they were logged last. The next command that writes notices and logs an edit of rules.toml.
    sa.Column("rules", sa.Text, nullable=False),
    # The key for pseudonyms and for the addresses of the teams' own pages, so that nobody can guess them.
    sa.Column("secret", sa.Text, nullable=False),
)
teams = sa.Table(
    "teams",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # Case-folded: the names of two teams must differ in more than case.
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
        # One bit per row of the part, in the solution's order: paired tests need them.
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

# The members of each team. The row of a member who leaves stays, with the time.
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
# Exceptions for one team until the time `until`: a number of extra entries, a later deadline, or both.
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
# The entries that used a grant instead of the daily quota.
grant_uses = sa.Table(
    "grant_uses",
    metadata,
    sa.Column("submission_id", sa.ForeignKey("submissions.id"), primary_key=True, autoincrement=False),
    sa.Column("grant_id", sa.ForeignKey("grants.id"), nullable=False, index=True),
)
# Why an entry is not ranked: it was late, its team withdrew it, or the tutor made it void. It may end, at `ended_at`.
exclusions = sa.Table(
    "exclusions",
    metadata,
    sa.Column("id", _id, primary_key=True, autoincrement=False),
    sa.Column("submission_id", sa.ForeignKey("submissions.id"), nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # Whether the entry no longer uses up the daily quota, or its grant.
    sa.Column("gives_back", sa.Boolean, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
)
# Entries that the tutor moved to another team.
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
# The version of these tables: see upgrade.py. Databases of version 1 do not have this table.
SCHEMA = 4
schema = sa.Table("schema", metadata, sa.Column("version", sa.Integer, primary_key=True))


_LOCK = sa.select(competition.c.id).with_for_update()


class Store:
    """The database of one competition. A read transaction sees one consistent state; a write transaction is alone.

    Threads may share a store. `pooled` keeps many connections open, for a long-running process; a command keeps one to
    PostgreSQL. Raises LeaderboardError for a URL that cannot be used.
    """

    def __init__(self, url: str | sa.URL, *, pooled: bool = False) -> None:
        # Threads wait here, in memory: at the lock of the database they would have to poll.
        self._writing = threading.Lock()
        try:
            self.engine = _engine(url, pooled)
        except (exc.ArgumentError, exc.NoSuchModuleError):
            raise LeaderboardError("the database URL is not understood: write postgresql://user@host/name") from None
        except ModuleNotFoundError as error:
            text = f"the database needs {error.name}: pip install 'cifar10-competition-kit[postgres]'"
            raise LeaderboardError(text) from None
        if self.engine.dialect.name == "postgresql":
            weakref.finalize(self, _close, self.engine, os.getpid())

    def create(self) -> None:
        """Make the tables. Raises LeaderboardError if the database already holds a competition."""
        with explain_errors(), self.engine.begin() as connection:
            if sa.inspect(connection).has_table(competition.name):
                raise LeaderboardError("the database already holds a competition: use a new database")
            _require_every_name(connection)
            metadata.create_all(connection)
            connection.execute(schema.insert().values(version=SCHEMA))

    def drop(self) -> None:
        """Delete all tables."""
        with suppress(LeaderboardError), explain_errors(), self.engine.begin() as connection:
            metadata.drop_all(connection)

    @contextmanager
    def read_transaction(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state and changes nothing."""
        level = "REPEATABLE READ" if self.engine.dialect.name == "postgresql" else "SERIALIZABLE"
        with explain_errors(), self.engine.connect() as plain:
            connection = plain.execution_options(isolation_level=level) if level != "SERIALIZABLE" else plain
            yield connection
            connection.rollback()

    @contextmanager
    def write_transaction(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its start; it commits if the block raises nothing."""
        with self._writing, explain_errors(), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection = connection.execution_options(write_lock=True)
            with connection.begin():
                if self.engine.dialect.name != "sqlite":  # SQLite takes the lock with BEGIN
                    connection.execute(_LOCK)
                yield connection


def _require_every_name(connection: sa.Connection) -> None:
    """Raise LeaderboardError if the encoding of PostgreSQL lacks letters; SQL_ASCII stores any bytes unchanged."""
    if connection.engine.dialect.name != "postgresql":
        return
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding not in ("UTF8", "SQL_ASCII"):
        text = f"the database has the encoding {encoding}, which cannot store every name"
        raise LeaderboardError(f"{text}: make one with CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0")


def _engine(url: str | sa.URL, pooled: bool) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    pool: dict = {"poolclass": sa.QueuePool, "pool_size": POOL if pooled else 1, "max_overflow": POOL}
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed, **pool, pool_pre_ping=True, connect_args={"client_encoding": "utf8"})
    if parsed.get_backend_name() != "sqlite":
        raise exc.ArgumentError(parsed.drivername)
    if not pooled:  # to open a file takes no time
        pool = {"poolclass": sa.NullPool}
    engine = sa.create_engine(parsed, **pool, connect_args={"timeout": 60, "check_same_thread": False})
    # With WAL readers do not wait for a writer, and a commit flushes one file, not three. It needs shared memory.
    mode = "DELETE" if may_be_shared(Path(parsed.database or "")) else "WAL"
    event.listen(engine, "connect", lambda connection, _record: _configure_sqlite(connection, mode))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


# Engines that a fork has inherited. Python would warn if one were deleted with an open connection.
_of_the_parent: list[sa.Engine] = []


def _close(engine: sa.Engine, process: int) -> None:
    """Close the connections. In a fork they stay as they are: its parent still uses them."""
    if os.getpid() == process:
        engine.dispose()
    else:
        _of_the_parent.append(engine)


def _configure_sqlite(connection: sqlite3.Connection, mode: str) -> None:
    # Python's own transaction handling would start too late, after the quota has been read.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    # If another process is using the database, the mode stays as it is, which works too; a later command sets it.
    with suppress(sqlite3.OperationalError):
        connection.execute(f"PRAGMA journal_mode = {mode}")


def _begin_sqlite(connection: sa.Connection) -> None:
    locked = connection.get_execution_options().get("write_lock", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if locked else "BEGIN")


def select_dict(connection: sa.Connection, statement: sa.Select) -> dict:
    """The rows of a query for two columns, as a dict from the first column to the second."""
    return {row[0]: row[1] for row in connection.execute(statement)}


def copy_rows(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Insert all rows of a table into the same table of another database."""
    for rows in source.execute(sa.select(table)).mappings().partitions(5000):
        target.execute(table.insert(), [dict(row) for row in rows])


def sqlite_url(path: Path) -> sa.URL:
    return sa.URL.create("sqlite", database=str(path))
