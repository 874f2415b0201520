"""One competition: its folder, its rules and its transactions.

    rules.toml             readable rules
    sample_submission.csv  for participants: every id and every class name
    leaderboard.db         SQLite (unless private/database.url names a PostgreSQL)
    audit.anchor           count and hash of every audit entry, outside the database
    private/solution-N.csv labels and split, revision N
    submissions/           every accepted file, by its SHA-256

Whoever can read the folder has the rights of the tutor. It is private to its owner (mode 700); every command checks it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition.folder import (
    ANCHOR,
    DATABASE,
    DATABASE_URL,
    PRIVATE,
    RULES,
    SAMPLE,
    SHARED,
    SUBMISSIONS,
    is_competition,
    solution_path,
)
from leaderboard.competition.group_commit import GroupCommit
from leaderboard.competition.rules import Rules, parse_rules, read_rules
from leaderboard.competition.transaction import Transaction
from leaderboard.core.clock import Clock, format_deadline, system_clock
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.scoring.solution import Solution, read_solution
from leaderboard.storage import anchor, audit_log, database, database_errors
from leaderboard.storage.archive import Archive
from leaderboard.storage.files import require_owner, require_private, write_whole
from leaderboard.storage.shared import SharedFiles
from leaderboard.storage.upgrade import upgrade

log = logging.getLogger(__name__)


class Competition:
    """An open competition folder. `clock` gives the time in microseconds since 1970; tests set it.

    `long_running` is for a process that serves many requests: it keeps connections open, and if an edit of rules.toml
    is not valid, it continues with the rules that were logged last. `rules_problem` then says why.
    """

    def __init__(self, root: Path, clock: Clock = system_clock, *, long_running: bool = False) -> None:
        if not is_competition(root):
            raise LeaderboardError(
                f"{root} is not a competition: make one with leaderboard init {root} --solution FILE"
            )
        require_owner(root)
        self.root, self.clock, self.long_running = root, clock, long_running
        secrets = (PRIVATE, f"{PRIVATE}/*", f"{DATABASE}*", SUBMISSIONS, ANCHOR)
        require_private(root, [path for pattern in secrets for path in root.glob(pattern)])
        self.shared = (root / SHARED).is_file()
        self._text, self.rules = self._read_rules()
        self.rules_problem: str | None = None
        self._refused = ""
        self.archive = Archive(root / SUBMISSIONS, (lambda: self.shared_files) if self.shared else None)
        self.anchor = root / ANCHOR
        self._solutions: dict[int, Solution] = {}
        # Entries that come at the same time share a transaction.
        self.group_commit = GroupCommit(self.transaction)

    @cached_property
    def store(self) -> database.Store:
        """The database, upgraded if an older version of this program made it."""
        store = self._open_store()
        upgrade(store, self.root / PRIVATE)
        return store

    def _open_store(self) -> database.Store:
        url_file, path = self.root / DATABASE_URL, self.root / DATABASE
        if url_file.exists():
            return database.Store(url_file.read_text().strip(), pooled=self.long_running)
        if not path.exists():  # SQLite would make an empty database
            raise LeaderboardError(f"{path} is missing: restore it, or restore a backup")
        return database.Store(database.sqlite_url(path), pooled=self.long_running)

    @cached_property
    def shared_files(self) -> SharedFiles:
        """The labels and files of a competition that several machines share."""
        return SharedFiles(self.store)

    def solution_file(self, revision: int) -> Path:
        """The solution file of a revision; if another machine made it, it is copied from the database first."""
        path = solution_path(self.root, revision)
        if self.shared and not path.exists() and (data := self.shared_files.get(path.name)) is not None:
            write_whole(path, data)
        return path

    def close(self) -> None:
        """Close the database connections."""
        if "store" in self.__dict__:
            self.store.engine.dispose()

    @property
    def sample(self) -> Path:
        return self.root / SAMPLE

    def solution(self, revision: int) -> Solution:
        """The labels of a revision. Only scoring calls this. Its error names no row: participants may see it."""
        if revision not in self._solutions:
            path = self.solution_file(revision)
            try:
                self._solutions[revision] = read_solution(path, self.rules.classes)
            except LeaderboardError:
                text = f"{path} does not fit the rules, or was damaged: run leaderboard audit verify"
                raise LeaderboardError(text) from None
        return self._solutions[revision]

    @contextmanager
    def read_transaction(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state of the database."""
        with self.store.read_transaction() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Hold the write lock for the block, and apply and log the rules that rules.toml has now.

        If the anchor file cannot be written after the commit, that is a warning, and the next transaction repairs it.
        A LeaderboardError in the block undoes its work; new rules are logged all the same.
        """
        refused: LeaderboardError | None = None
        with ExitStack() as after:
            with self.store.write_transaction() as connection:
                held = after.enter_context(anchor.open_locked(self.anchor))
                state = connection.execute(sa.select(database.competition)).one()
                work = Transaction(connection, self.clock(), state)
                _repair_anchor(work, held, is_expected=self.shared)
                are_new, before = self._take_rules(work), len(work.heads)
                try:
                    with connection.begin_nested() if are_new else nullcontext():
                        yield work
                except LeaderboardError as error:
                    if not are_new:
                        raise
                    refused = error
                    del work.heads[before:]
            _append(held, work.heads)
        if refused is not None:
            raise refused

    def log_rules(self) -> None:
        """Apply and log an edit of rules.toml now instead of with the next entry."""
        with self.read_transaction() as connection:
            logged = connection.execute(sa.select(database.competition.c.rules)).scalar_one()
        text = self.rules_text()
        known = self._refused if self.rules_problem else self._text
        if text != known or (not self.rules_problem and text != logged):
            with self.transaction():
                pass

    def rules_text(self) -> str:
        """The text of rules.toml, not checked; `read_rules` checks it."""
        if self.shared:
            with self.read_transaction() as connection:
                return connection.execute(sa.select(database.competition.c.rules)).scalar_one()
        try:
            return (self.root / RULES).read_text(encoding="utf-8-sig", errors="replace")
        except OSError:  # an editor is replacing the file
            return ""

    def _read_rules(self) -> tuple[str, Rules]:
        """Text and rules: of rules.toml, or of the database if several machines share the competition."""
        if not self.shared:
            return read_rules(self.root / RULES)
        text = self.rules_text()
        return text, parse_rules(text, "the database")

    def _take_rules(self, work: Transaction) -> bool:
        """Read rules.toml once, then apply and log its rules. An edit that is not valid is neither applied nor logged.

        Returns whether changed rules were logged.
        """
        text = work.state.rules if self.shared else self.rules_text()
        if text == self._text == work.state.rules:
            self.rules_problem = None
            return False
        try:
            text, rules = (text, parse_rules(text, RULES)) if self.shared else read_rules(self.root / RULES)
            self._require_classes(rules, work.connection)
        except LeaderboardError as error:
            if not self.long_running:
                raise
            self._keep_rules(work, text, str(error))
            return False
        self._text, self.rules, self.rules_problem = text, rules, None
        if text != work.state.rules:
            work.execute(database.competition.update().values(rules=text))
            work.record("rules", rules=text)
            return True
        return False

    def require_classes(self) -> None:
        """Raise LeaderboardError if the classes in rules.toml are not those of the log."""
        with self.read_transaction() as connection:
            self._require_classes(self.rules, connection)

    def _require_classes(self, rules: Rules, connection: sa.Connection) -> None:
        logged = _logged_classes(connection)
        if rules.classes != logged:
            names = json.dumps(list(logged), ensure_ascii=False)
            text = f"{self.root / RULES}: the classes can no longer change: write classes = {names}"
            raise LeaderboardError(text)

    def _keep_rules(self, work: Transaction, refused: str, problem: str) -> None:
        self._refused, self.rules_problem = refused, problem
        if work.state.rules != self._text:  # another process has logged newer rules
            self._text, self.rules = work.state.rules, parse_rules(work.state.rules, "the log")

    def require_open(self, state: sa.Row, at: int, later: int = 0) -> None:
        """Raise RefusedError if the competition is frozen or over; `later` is a deadline granted to the team."""
        if state.frozen_at is not None:
            raise RefusedError("the competition is frozen: no entries or picks are accepted any more", code="frozen")
        if self.rules.closes_at is not None and at >= max(self.rules.closes_at, later):
            last = format_deadline(self.rules.closes_at, self.rules.timezone)
            raise RefusedError(
                f"the deadline has passed: it was {last}; no entries or picks are accepted any more", code="closed"
            )


def _logged_classes(connection: sa.Connection) -> tuple[str, ...]:
    """The classes of the newest valid rules in the log: an older version could log a text that is not valid."""
    for text in _logged_rules(connection):
        try:
            return parse_rules(text, "the log").classes
        except LeaderboardError:
            continue
    raise LeaderboardError("the log holds no rules: run leaderboard audit verify")


def _logged_rules(connection: sa.Connection) -> Iterator[str]:
    """The rules in the log, the newest first."""
    rules = connection.execute(sa.select(database.competition.c.rules)).scalar_one_or_none()
    if rules is None:
        raise LeaderboardError(database_errors.EDITED)
    yield rules
    log = database.audit.c
    query = sa.select(log.payload).where(log.event.in_(("init", "rules"))).order_by(log.number.desc())
    yield from (json.loads(payload)["rules"] for payload in connection.execute(query).scalars())


def _repair_anchor(work: Transaction, held: anchor.LockedAnchor, *, is_expected: bool) -> None:
    """Add the heads that the anchor file lacks after a crash or a full disk, and a log entry about that.

    Heads of other machines' entries (`is_expected`) need no log entry: each machine has its own anchor file.
    """
    last = held.last()
    after = last.count if last else 0
    missing = audit_log.heads_after(work.connection, after)
    if missing:
        work.heads += missing
    if missing and not is_expected:
        work.record("anchor filled in", after=after, entries=len(missing))


def _append(held: anchor.LockedAnchor, heads: list[audit_log.Head]) -> None:
    """Write the heads of the committed entries; an error is only a warning."""
    try:
        held.append(heads)
    except OSError as error:
        saved = "the change itself is saved, and the next command adds the missing line"
        log.warning("%s: %s; %s", held.path, error.strerror, saved)
