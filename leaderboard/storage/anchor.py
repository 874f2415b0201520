"""The anchor file: the head of the audit log after every entry, one line each, outside the database.

It is held from before a commit until the heads of that commit are on the disk, so that a process which looks
sees both or neither. What a crash or a full disk kept out of it is filled in by the next transaction.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leaderboard.storage.audit_log import Head, parse_head
from leaderboard.storage.files import PRIVATE_FILE

# More than two lines: the last whole one is among them, whatever was torn behind it.
TAIL = 400


class LockedAnchor:
    """The file while its lock is held."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self.descriptor = path, descriptor

    def last(self) -> Head | None:
        """The last head; None in an empty file. A line that a crash tore is cut off."""
        size = os.fstat(self.descriptor).st_size
        start = max(0, size - TAIL)
        data = os.pread(self.descriptor, TAIL, start)
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.ftruncate(self.descriptor, start + len(whole))
        for line in reversed(whole.decode(errors="replace").splitlines()):
            try:
                return parse_head(line)
            except ValueError:  # audit verify names it
                continue
        return None

    def append(self, heads: list[Head]) -> None:
        """Add lines, all or none, and flush them to the disk."""
        if not heads:
            return
        data = "".join(f"{head}\n" for head in heads).encode()
        written = os.write(self.descriptor, data)
        if written < len(data):  # a full disk
            os.ftruncate(self.descriptor, os.fstat(self.descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        os.fsync(self.descriptor)


@contextmanager
def open_locked(path: Path) -> Iterator[LockedAnchor]:
    """Hold the anchor file against every other process and thread; it is made when it is not there."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield LockedAnchor(path, descriptor)
    finally:
        os.close(descriptor)
