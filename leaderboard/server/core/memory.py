"""Give memory back after large files: without this, a process on Linux keeps what its largest hour needed."""

from __future__ import annotations

import ctypes

# Numbers of glibc's mallopt(3).
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
# Pieces of this size and more go back to the system when they are let go; glibc would raise the limit by itself.
LARGE = 1 << 18
ARENAS = 2


def return_freed_memory() -> bool:
    """Whether the C library took the settings; those other than glibc have none."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    settings = ((TRIM_THRESHOLD, LARGE), (MMAP_THRESHOLD, LARGE), (ARENA_MAX, ARENAS))
    return all(mallopt(name, value) for name, value in settings)
