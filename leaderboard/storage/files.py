"""Files that are there whole or not at all, also after a crash; and the check that only the owner can read them."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shlex
import stat
from collections.abc import Iterable
from pathlib import Path

from leaderboard.core.errors import LeaderboardError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
_NO_PERMISSIONS = "the disk keeps no permissions (Windows disks under WSL, USB sticks)"


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


def require_private(root: Path, inside: Iterable[Path] = ()) -> None:
    """Raise LeaderboardError, once for all, if anyone but the owner may read or write the path or one inside it."""
    paths = [path for path in (root, *inside) if _is_open(path)]
    if not paths:
        return
    shown = ", ".join(map(str, paths[:3])) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    one = f"{PRIVATE_FOLDER if paths[0].is_dir() else PRIVATE_FILE:o} {shlex.quote(str(paths[0]))}"
    command = f"chmod {one}" if len(paths) == 1 else f"chmod -R go= {shlex.quote(str(root))}"
    lost = f"if that changes nothing, {_NO_PERMISSIONS}: move the folder to your home"
    raise LeaderboardError(f"open to other users: {shown}: run {command}; {lost}")


def require_permissions(made: Path, wanted: Path) -> None:
    """Raise LeaderboardError if a folder that was made for its owner alone is open: `wanted` cannot be kept there."""
    if any(_is_open(path) for path in (made, *made.rglob("*"))):
        text = f"{wanted} would be open to other users: {_NO_PERMISSIONS}"
        raise LeaderboardError(f"{text}: make the competition elsewhere, such as in your home")


def require_owner(root: Path) -> None:
    """Raise LeaderboardError for another account than the owner's, root too: it would leave files of its own inside."""
    owner = root.stat().st_uid
    if owner == os.geteuid():
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:  # an account of another machine, or of another container
        name = f"#{owner}"
    raise LeaderboardError(
        f"{root} belongs to another account: run the command as its owner: sudo -u {shlex.quote(name)} ..."
    )


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except FileNotFoundError:
        # A journal or temporary file of a command that runs beside this one, and has just ended.
        return False


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
