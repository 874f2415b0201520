"""One competition: its folder, its rules, and the transactions in which everything happens.

    rules.toml             readable rules
    sample_submission.csv  what to hand out: every id, and every class name
    leaderboard.db         SQLite (unless private/database.url names a PostgreSQL)
    audit.anchor           count and hash of every audit entry, outside the database
    private/solution-N.csv labels and split, revision N
    submissions/           every accepted file, by its SHA-256

Who can read the folder is the tutor: it is made for its owner alone (700), and every command checks that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from leaderboard.competition.folder import (
    ANCHOR,
    DATABASE,
    DATABASE_URL,
    PRIVATE,
    RULES,
    SAMPLE,
    SUBMISSIONS,
    solution_path,
)
from leaderboard.competition.rules import Rules, parse_rules, read_rules
from leaderboard.core.clock import Clock, system_clock
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.scoring.solution import Solution, read_solution
from leaderboard.storage import audit_log, database
from leaderboard.storage.archive import Archive
from leaderboard.storage.files import append_line, require_private


@dataclass
class Transaction:
    """What a block of work holds: the connection with the write lock, the competition's row and the time."""

    connection: sa.Connection
    at: int
    state: sa.Row
    heads: list[audit_log.Head] = field(default_factory=list)

    def record(self, event: str, **payload: Any) -> None:
        """Add an audit entry; it is committed with the work or not at all."""
        self.heads.append(audit_log.append(self.connection, self.at, event, **payload))

    def execute(self, statement: Any, *args: Any) -> sa.CursorResult:
        return self.connection.execute(statement, *args)


class Competition:
    """An open competition folder. `clock` gives microseconds since 1970; tests give their own."""

    def __init__(self, root: Path, clock: Clock = system_clock) -> None:
        if not (root / RULES).is_file():
            raise LeaderboardError(
                f"{root} is not a competition: make one with leaderboard init {root} --solution FILE"
            )
        self.root, self.clock = root, clock
        secrets = (PRIVATE, f"{PRIVATE}/*", f"{DATABASE}*", SUBMISSIONS, ANCHOR)
        for path in (root, *(path for pattern in secrets for path in root.glob(pattern))):
            require_private(path)
        self.rules: Rules = read_rules(root / RULES)
        self.archive = Archive(root / SUBMISSIONS)
        self.anchor = root / ANCHOR
        self._solutions: dict[int, Solution] = {}

    @cached_property
    def store(self) -> database.Store:
        url_file, path = self.root / DATABASE_URL, self.root / DATABASE
        if url_file.exists():
            return database.Store(url_file.read_text().strip())
        if not path.exists():  # SQLite would make an empty one
            raise LeaderboardError(f"{path} is gone: go on from a backup, or bring it back")
        return database.Store(database.sqlite_url(path))

    @property
    def sample(self) -> Path:
        return self.root / SAMPLE

    def solution(self, revision: int) -> Solution:
        """The labels as of a revision. Only scoring calls this. An error names no row: participants may see it."""
        if revision not in self._solutions:
            path = solution_path(self.root, revision)
            try:
                self._solutions[revision] = read_solution(path, self.rules.classes)
            except LeaderboardError:
                text = f"{path} does not fit the rules, or was damaged: run leaderboard audit verify"
                raise LeaderboardError(text) from None
        return self._solutions[revision]

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent moment of the database."""
        with self.store.reading() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Work under the write lock. The audit entries' heads reach the anchor file right after the commit."""
        with self.store.writing() as connection:
            state = connection.execute(sa.select(database.competition)).one()
            work = Transaction(connection, self.clock(), state)
            self._log_changed_rules(work)
            yield work
        for head in work.heads:
            append_line(self.anchor, str(head))

    def log_rules(self) -> None:
        """Log an edit of rules.toml now, rather than with the next entry."""
        with self.reading() as connection:
            logged = connection.execute(sa.select(database.competition.c.rules)).scalar_one()
        if self.rules_text() != logged:
            with self.transaction():
                pass

    def rules_text(self) -> str:
        """rules.toml as it stands."""
        return (self.root / RULES).read_text()

    def _log_changed_rules(self, work: Transaction) -> None:
        text = self.rules_text()
        if text != work.state.rules:
            if self.rules.classes != parse_rules(work.state.rules, "the log").classes:
                raise LeaderboardError(f"{self.root / RULES}: the classes cannot change any more: take the edit back")
            work.execute(database.competition.update().values(rules=text))
            work.record("rules", rules=text)

    def require_open(self, state: sa.Row, at: int) -> None:
        """Raise RefusedError when frozen or past the deadline."""
        if state.frozen_at is not None:
            raise RefusedError("the competition is frozen: no entries or picks are taken any more")
        if self.rules.closes_at is not None and at >= self.rules.closes_at:
            raise RefusedError(f"the deadline was {self.rules.deadline} ({self.rules.timezone})")
