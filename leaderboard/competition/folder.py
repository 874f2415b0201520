"""Names inside a competition folder, and how a command finds the folder. Imports nothing slow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from leaderboard.core.errors import LeaderboardError

VARIABLE = "LEADERBOARD_DIR"
DEFAULT = "competition"
RULES = "rules.toml"
SAMPLE = "sample_submission.csv"
DATABASE = "leaderboard.db"
ANCHOR = "audit.anchor"
SUBMISSIONS = "submissions"
PRIVATE = "private"
DATABASE_URL = f"{PRIVATE}/database.url"
# Exists if several machines share the competition: rules, labels and stored files are then in the database.
SHARED = f"{PRIVATE}/shared"


def solution_path(root: Path, revision: int) -> Path:
    return root / PRIVATE / f"solution-{revision}.csv"


def is_competition(root: Path) -> bool:
    """Whether the folder holds a competition, or a machine's part of a shared one."""
    return (root / RULES).is_file() or (root / SHARED).is_file()


def find_competition(given: Path | None, environment: Mapping[str, str]) -> Path:
    """The folder `given`, else LEADERBOARD_DIR, else this folder or ./competition. Raises LeaderboardError."""
    if given is not None:
        return given
    if environment.get(VARIABLE):
        return Path(environment[VARIABLE])
    for candidate in (Path(), Path(DEFAULT)):
        if is_competition(candidate):
            return candidate
    raise LeaderboardError(f"no competition here: give --competition DIR or set {VARIABLE}")
