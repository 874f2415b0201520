"""Let several machines serve one competition: what lies in the folder moves into the PostgreSQL database."""

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
    b"Rules, labels and kept files of this competition are in the database; this folder holds copies and an anchor.\n"
)


def share(competition: Competition) -> None:
    """Copy sample, labels and kept files into the database; from now on the rules are there too, and not in the folder.

    Nothing may be served from the folder meanwhile: a running server would go on without the other machines' files.
    """
    if not (competition.root / DATABASE_URL).exists():
        raise LeaderboardError(
            "an SQLite database lies on one machine: to share, init with --database postgresql://..."
        )
    if competition.shared:
        raise LeaderboardError(f"{competition.root} is shared already: leaderboard join makes further folders")
    competition.log_rules()
    place = SharedFiles(competition.store)
    place.create()
    with competition.reading() as connection:
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
    """Make this machine's folder of a shared competition; `root` must not exist or be empty."""
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
            raise LeaderboardError("the database holds no shared competition: run leaderboard share where it is")
        write_whole(building / SAMPLE, sample)
        os.rename(building, root)  # noqa: PTH104 - onto an empty folder, atomically
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return Competition(root)
