"""Return memory to the system after large files: without this, a process on Linux keeps the most it ever used."""

from __future__ import annotations

import ctypes

# Numbers of glibc's mallopt(3).
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
# In bytes: freed blocks of this size and more go back to the system; glibc would raise the limit by itself.
LARGE = 1 << 18
ARENAS = 2


def return_freed_memory() -> bool:
    """Set this up for the whole process; False if the C library is not glibc or refuses the settings."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    settings = ((TRIM_THRESHOLD, LARGE), (MMAP_THRESHOLD, LARGE), (ARENA_MAX, ARENAS))
    return all(mallopt(name, value) for name, value in settings)
