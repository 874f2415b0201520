"""Write files atomically, so that a crash leaves no partial file; check that only the owner can read files."""

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
_NO_PERMISSIONS = "the disk does not store permissions (such as a Windows disk under WSL, or a USB stick)"


def write_whole(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write a file atomically: write a temporary file, flush it to the disk, rename it, flush the folder."""
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
    """Flush the folder to the disk, so that renames in it survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_private(root: Path, inside: Iterable[Path] = ()) -> None:
    """Raise LeaderboardError if anyone but the owner may read or write `root` or a path of `inside`; it names all."""
    paths = [path for path in (root, *inside) if _is_open(path)]
    if not paths:
        return
    shown = ", ".join(map(str, paths[:3])) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    one = f"{PRIVATE_FOLDER if paths[0].is_dir() else PRIVATE_FILE:o} {shlex.quote(str(paths[0]))}"
    command = f"chmod {one}" if len(paths) == 1 else f"chmod -R go= {shlex.quote(str(root))}"
    otherwise = f"if that does not help, {_NO_PERMISSIONS}: move the folder to your home folder"
    raise LeaderboardError(f"other users can open {shown}: run {command}; {otherwise}")


def require_permissions(made: Path, wanted: Path) -> None:
    """Raise LeaderboardError if others can open the private folder `made`: the disk of `wanted` lacks permissions."""
    if any(_is_open(path) for path in (made, *made.rglob("*"))):
        text = f"{wanted} would be open to other users: {_NO_PERMISSIONS}"
        raise LeaderboardError(f"{text}: choose another place, such as your home folder")


def require_owner(root: Path) -> None:
    """Raise LeaderboardError if this account, even root, is not the owner: the owner could not use its new files."""
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
        # A journal or temporary file of another command that has just ended.
        return False


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
