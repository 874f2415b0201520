"""Files that are there whole or not at all, also after a crash; and the check that only the owner can read them."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path

from leaderboard.core.errors import LeaderboardError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def write_whole(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write under a temporary name, flush to the disk, rename; the folder entry is flushed too."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)  # noqa: PTH105 - one call with write and fsync above
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_private(path: Path) -> None:
    """Raise LeaderboardError when anyone but the owner may read or write the path."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        # A journal or temporary file of a command that runs beside this one, and has just ended.
        return
    if mode & 0o077:
        wanted = PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE
        raise LeaderboardError(f"{path} is open to other users (mode {mode:o}): run chmod {wanted:o} {path}")


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
