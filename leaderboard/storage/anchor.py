"""The anchor file: the head of the audit log after every entry, one per line, outside the database.

The file is locked from before a commit until the heads of that commit are on the disk, so that another process
sees both or neither. If a crash or a full disk prevents the write, the next transaction adds the missing lines.
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

# In bytes, more than two lines: they contain the last complete line, even if a crash cut off the one after it.
TAIL = 400


class LockedAnchor:
    """The open anchor file, while this process holds its lock."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self.descriptor = path, descriptor

    def last(self) -> Head | None:
        """The last head; None if the file is empty. An incomplete last line, left by a crash, is removed."""
        size = os.fstat(self.descriptor).st_size
        start = max(0, size - TAIL)
        data = os.pread(self.descriptor, TAIL, start)
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.ftruncate(self.descriptor, start + len(whole))
        for line in reversed(whole.decode(errors="replace").splitlines()):
            try:
                return parse_head(line)
            except ValueError:  # `audit verify` reports the line
                continue
        return None

    def append(self, heads: list[Head]) -> None:
        """Add a line for each head, all or none, and flush them to the disk. Raises OSError if the disk is full."""
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
    """Open the file, make it if it does not exist, and lock it against all other processes and threads."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield LockedAnchor(path, descriptor)
    finally:
        os.close(descriptor)
