"""Read an untrusted file: do not follow links, do not wait for pipes, do not read more than the limit."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from leaderboard.submission.problems import Report


def read_untrusted(path: Path, max_bytes: int, report: Report) -> bytes | None:
    """The bytes of the file; None, with the problem in the report, if it cannot be read. Never blocks."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        _explain_open(error, report)
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            report.add("NOT_A_FILE", value=_kind(status.st_mode))
            return None
        data = b"" if status.st_size > max_bytes else _read(descriptor, max_bytes + 1)
    finally:
        os.close(descriptor)
    if max(status.st_size, len(data)) > max_bytes:
        report.add("TOO_LARGE", value=f"{status.st_size:,} bytes", hint=f"{max_bytes:,} bytes")
        return None
    return data


def _read(descriptor: int, limit: int) -> bytes:
    """At most `limit` bytes, even if the file grows meanwhile."""
    parts, left = [], limit
    while left and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _explain_open(error: OSError, report: Report) -> None:
    if error.errno == errno.ELOOP:
        report.add("SYMLINK")
    elif error.errno in (errno.ENXIO, errno.EISDIR, errno.ENODEV):
        report.add("NOT_A_FILE", value="a socket, device or folder")
    else:
        report.add("NOT_READABLE", hint=error.strerror or "")


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return kinds.get(stat.S_IFMT(mode), "a socket")
