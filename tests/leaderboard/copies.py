"""Competitions to start from: the first test plays one, and later tests get a copy, which takes a tenth of the time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import DATABASE_URL
from leaderboard.storage.database import Store, metadata, schema

NOON = 1_763_985_600_000_000  # 2025-11-24 12:00 UTC


class ManualClock:
    """A clock that a test sets."""

    def __init__(self, at: int = NOON) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


@dataclass(frozen=True)
class Kept:
    """A competition's folder, the rows of its tables on PostgreSQL, and what its clock said at the end."""

    folder: Path
    rows: dict[sa.Table, list[dict[str, Any]]]
    at: int


class Copies:
    """The competitions kept in a folder, by what they depend on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[object, Kept] = {}

    def get(
        self, what: object, root: Path, url: str | None, clock: ManualClock, play: Callable[[], Competition]
    ) -> Competition:
        """What `play` returns, a competition at `root`; a copy if it has been played before for the same `what`.

        `url` is that of an empty PostgreSQL database, None for SQLite.
        """
        what = (what, url is None, type(clock), clock.at)
        if root.exists():
            return play()
        if what not in self._kept:
            played = play()
            self._kept[what] = self._keep(played, url is not None, clock.at)
            return played
        kept = self._kept[what]
        shutil.copytree(kept.folder, root)
        if url is not None:
            (root / DATABASE_URL).write_text(url)
            _fill(url, kept.rows)
        clock.at = kept.at
        return Competition(root, clock)

    def _keep(self, competition: Competition, has_rows: bool, at: int) -> Kept:
        assert not competition.shared
        folder = self.folder / str(len(self._kept))
        shutil.copytree(competition.root, folder)
        rows = {}
        if has_rows:
            with competition.read_transaction() as connection:
                for table in metadata.sorted_tables:
                    rows[table] = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
        return Kept(folder, rows, at)


def _fill(url: str, rows: dict[sa.Table, list[dict[str, Any]]]) -> None:
    """Make the tables, with these rows, and let new rows have the next numbers."""
    store = Store(url)
    store.create()
    with store.engine.begin() as connection:
        for table, of_table in rows.items():
            if of_table and table is not schema:
                connection.execute(table.insert(), of_table)
            key = table.autoincrement_column
            if of_table and key is not None:
                sequence = f"pg_get_serial_sequence('{table.name}', '{key.name}')"
                connection.exec_driver_sql(f"SELECT setval({sequence}, max({key.name})) FROM {table.name}")
