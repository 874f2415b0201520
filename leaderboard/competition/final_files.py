"""A folder with the files that count in the final standings, and a manifest."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import shutil
import unicodedata
from pathlib import Path
from typing import Any

from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.final import final_rows
from leaderboard.storage.files import PRIVATE_FOLDER, require_permissions, write_whole
from leaderboard.table.spreadsheet import write_csv

MANIFEST = "manifest.csv"
COLUMNS = ("file", "rank", "teamId", "teamName", "status", "entry", "date", "sha256", "privateScore")
LONGEST_NAME = 40


def write_final_files(competition: Competition, out: Path) -> list[str]:
    """Write the counting file of every team on the board, baselines too, into the new folder `out`, all or nothing.

    The folder is private to its owner. Returns the names of the files. Raises LeaderboardError if `out` exists or is
    inside the competition folder, or if a stored file was changed.
    """
    _require_free(competition, out)
    rules = competition.rules
    with competition.read_transaction() as connection:
        teams = final_rows(connection, rules.tie, rules.picks, rules.timezone, "")
    rows = [row for row in teams if row["countingEntry"] is not None]
    if not rows:
        raise LeaderboardError("no team has an entry: there are no final files")
    out.parent.mkdir(parents=True, exist_ok=True)
    building = out.with_name(f".{out.name}.{secrets.token_hex(6)}.partial")
    building.mkdir(mode=PRIVATE_FOLDER)
    try:
        _write(competition, rows, building)
        require_permissions(building, out)
        os.rename(building, out)  # noqa: PTH104 - atomically
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return [file_name(row) for row in rows]


def file_name(row: dict[str, Any]) -> str:
    """A file name for every file system: ASCII, short, and different for each team even if case is ignored.

    The letters of the team's name are for people; the team's number makes the file name unique.
    """
    ascii_ = unicodedata.normalize("NFKD", row["teamName"]).encode("ascii", "ignore").decode()
    readable_name = re.sub(r"[^A-Za-z0-9]+", "-", ascii_).strip("-")[:LONGEST_NAME].strip("-")
    place = "baseline" if row["rank"] is None else f"rank-{row['rank']:03d}"
    parts = (place, f"team-{row['teamId']}", readable_name, f"entry-{row['countingEntry']}")
    return "_".join(filter(None, parts)) + ".csv"


def _require_free(competition: Competition, out: Path) -> None:
    if out.exists():
        raise LeaderboardError(f"{out} exists: choose a new folder for the files")
    if competition.root.resolve() in out.resolve().parents:
        raise LeaderboardError(f"{out} is inside the competition folder: choose another place")


def _write(competition: Competition, rows: list[dict[str, Any]], folder: Path) -> None:
    for row in rows:
        data = _read_stored(competition, row)
        write_whole(folder / file_name(row), data)
    listed = [
        {**row, "file": file_name(row), "entry": row["countingEntry"], "date": row["countingDate"]} for row in rows
    ]
    text = io.StringIO()
    write_csv(text, listed, COLUMNS)
    write_whole(folder / MANIFEST, text.getvalue().encode())


def _read_stored(competition: Competition, row: dict[str, Any]) -> bytes:
    """The bytes of a stored file. Raises LeaderboardError if they were changed or are missing."""
    try:
        data = competition.archive.get(row["sha256"])
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != row["sha256"]:
        text = f"the stored file of entry {row['countingEntry']} was changed or is missing"
        raise LeaderboardError(f"{text}: run leaderboard audit verify; nothing was written")
    return data
