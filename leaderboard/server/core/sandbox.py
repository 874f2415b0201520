"""Forbid this process to open some folders, permanently, with Landlock (Linux 5.13 or newer).

Landlock needs a list of the allowed paths. From the root down, the list has every member of a folder that contains a
forbidden folder, except those that are forbidden or contain a forbidden folder themselves.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH, NO_NEW_PRIVILEGES, VERSION = 1, 38, 1
# All rights of the first version of the interface: execute, write, read, list, remove, make.
FILE_RIGHTS = 0b111
ALL_RIGHTS = (1 << 13) - 1


def forbid(folders: Iterable[str]) -> bool:
    """Forbid the folders to this process and its children; False if the system cannot do that."""
    wanted = [Path(folder).resolve() for folder in folders]
    if not wanted or not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION) < 1:
        return False
    handled = struct.pack("=Q", ALL_RIGHTS)
    ruleset = libc.syscall(CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if ruleset < 0:
        return False
    try:
        for path in _beside(Path("/"), wanted):
            _allow(libc, ruleset, path)
        done = libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0 and libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)
    return done


def _beside(folder: Path, forbidden: list[Path]) -> Iterable[Path]:
    for member in folder.iterdir():
        if member in forbidden or member.is_symlink():
            continue
        if any(member in path.parents for path in forbidden):
            yield from _beside(member, forbidden)
        else:
            yield member


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # deleted, or not readable for this process anyway
        return
    try:
        rights = ALL_RIGHTS if path.is_dir() else FILE_RIGHTS
        rule = struct.pack("=Qi", rights, descriptor)
        libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
