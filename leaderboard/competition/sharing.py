"""Let several machines serve one competition: the contents of the folder move into the PostgreSQL database."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import DATABASE_URL, PRIVATE, RULES, SAMPLE, SHARED, SUBMISSIONS, solution_path
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database
from leaderboard.storage.files import PRIVATE_FOLDER, write_whole
from leaderboard.storage.shared import SharedFiles

NOTE = (
    b"Rules, labels and stored files of this competition are in the database; this folder has copies and an anchor.\n"
)


def share(competition: Competition) -> None:
    """Copy the sample, labels and stored files into the database, and move the rules there.

    No server may run on the folder meanwhile: it would not see the files of the other machines. Raises
    LeaderboardError.
    """
    if not (competition.root / DATABASE_URL).exists():
        raise LeaderboardError(
            "an SQLite database works on one machine only: use leaderboard init --database postgresql://..."
        )
    if competition.shared:
        raise LeaderboardError(f"{competition.root} is already shared: run leaderboard join on the other machines")
    competition.log_rules()
    place = SharedFiles(competition.store)
    place.create()
    with competition.read_transaction() as connection:
        revision = connection.execute(sa.select(database.competition.c.revision)).scalar_one()
        kept = connection.execute(sa.select(database.submissions.c.sha256).distinct()).scalars().all()
    for number in range(revision + 1):
        path = solution_path(competition.root, number)
        place.put(path.name, path.read_bytes())
    for sha256 in kept:
        place.put(competition.archive.path(sha256).name, competition.archive.get(sha256))
    place.put(SAMPLE, competition.sample.read_bytes())
    with competition.transaction() as work:
        work.record("shared")
    write_whole(competition.root / SHARED, NOTE)
    (competition.root / RULES).unlink()


def join(root: Path, url: str) -> Competition:
    """Make the folder of a shared competition on this machine; `root` must be new or empty. Raises LeaderboardError."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise LeaderboardError(f"{root} exists and is not empty: choose a new folder")
    root.parent.mkdir(parents=True, exist_ok=True)
    building = root.with_name(f".{root.name}.{secrets.token_hex(6)}.partial")
    for folder in (building, building / PRIVATE, building / SUBMISSIONS):
        folder.mkdir(mode=PRIVATE_FOLDER)
    try:
        write_whole(building / DATABASE_URL, url.encode())
        write_whole(building / SHARED, NOTE)
        sample = SharedFiles(database.Store(url)).get(SAMPLE)
        if sample is None:
            text = "the database holds no shared competition"
            raise LeaderboardError(f"{text}: run leaderboard share on the machine that has it")
        write_whole(building / SAMPLE, sample)
        os.rename(building, root)  # noqa: PTH104 - onto an empty folder, atomically
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return Competition(root)
