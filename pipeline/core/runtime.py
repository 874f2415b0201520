"""What must be set before torch and Lightning are imported; imports nothing heavy itself."""

import ctypes
import os
import sys

# glibc's mallopt numbers (malloc.h): the free memory kept, the growth step, the size from which memory is mapped, and
# how many mapped blocks there may be.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -2, -3, -4


def set_up() -> None:
    """Turn off the telemetry of libraries, and let glibc keep freed memory, which the next training step reuses.

    Otherwise each step on a CPU maps and unmaps hundreds of megabytes, which takes 1.4 times as long as the arithmetic.
    """
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    if sys.platform.startswith("linux"):
        keep_freed_memory()


def keep_freed_memory() -> bool:
    """Set glibc's allocator to reuse large blocks; return False for another C library."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    # Older versions refuse such a large threshold; with those, map nothing at all.
    heap = mallopt(M_MMAP_THRESHOLD, 2**31 - 1) == 1 or mallopt(M_MMAP_MAX, 0) == 1
    kept = [mallopt(number, value) == 1 for number, value in ((M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**28))]
    return heap and all(kept)
