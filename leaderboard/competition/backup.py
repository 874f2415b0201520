"""A backup is a complete competition folder as of one moment. It uses SQLite, whatever the original uses."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import ANCHOR, DATABASE, PRIVATE, RULES, SAMPLE, SUBMISSIONS, solution_path
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings import ranking
from leaderboard.storage import database
from leaderboard.storage.files import PRIVATE_FOLDER, write_whole


def backup(competition: Competition, out: Path) -> None:
    """Copy the whole competition into the new folder `out`, consistently, also while entries come in."""
    if out.exists():
        raise LeaderboardError(f"{out} exists: choose a new folder for the backup")
    if competition.root.resolve() in out.resolve().parents:
        raise LeaderboardError(
            f"{out} is inside the competition folder and would be lost with it: choose another place"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    building = out.with_name(f".{out.name}.{secrets.token_hex(6)}.partial")
    building.mkdir(mode=PRIVATE_FOLDER)
    try:
        # Copied unchanged, so that a fault in it stays visible, and first, because it must not be ahead of the tables.
        anchor = competition.anchor.read_bytes() if competition.anchor.exists() else None
        with competition.read_transaction() as connection:
            _copy_tables(connection, building / DATABASE)
            revision = ranking.current_revision(connection)
            kept = connection.execute(sa.select(database.submissions.c.sha256).distinct()).scalars().all()
        # After the transaction, so that entries need not wait. A file that a row names is never changed or deleted.
        _copy_files(competition, revision, kept, building)
        if anchor is not None:
            write_whole(building / ANCHOR, anchor)
        os.rename(building, out)  # noqa: PTH104 - atomically
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _copy_tables(source: sa.Connection, path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    copy = database.Store(database.sqlite_url(path))
    copy.create()
    with copy.engine.begin() as target:
        for table in database.metadata.sorted_tables:
            if table is not database.schema:  # `create` has filled it
                database.copy_rows(source, target, table)


def _copy_files(competition: Competition, revision: int, files: Sequence[str], out: Path) -> None:
    rules = competition.rules_text().encode() if competition.shared else (competition.root / RULES).read_bytes()
    write_whole(out / RULES, rules)
    write_whole(out / SAMPLE, competition.sample.read_bytes())
    (out / PRIVATE).mkdir(mode=PRIVATE_FOLDER)
    for number in range(revision + 1):
        write_whole(solution_path(out, number), competition.solution_file(number).read_bytes())
    (out / SUBMISSIONS).mkdir(mode=PRIVATE_FOLDER)
    kept = type(competition.archive)(out / SUBMISSIONS)
    for sha256 in files:
        kept.put(competition.archive.get(sha256))
