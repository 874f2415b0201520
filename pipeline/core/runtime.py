"""What must be set before torch and its friends are imported; imports nothing heavy itself."""

import ctypes
import os
import sys

# glibc's mallopt numbers (malloc.h): the free memory kept, the growth step, the size from which memory is mapped, and
# how many mapped blocks there may be.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -2, -3, -4


def set_up() -> None:
    """Keep libraries from calling home, and let glibc keep freed memory: a training step then reuses its activations.

    Without the second a step on a CPU maps and unmaps hundreds of megabytes, 1.4 times the time of the arithmetic.
    """
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    if sys.platform.startswith("linux"):
        keep_freed_memory()


def keep_freed_memory() -> bool:
    """Set glibc's allocator to reuse large blocks; False if the C library is another one."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    # Older versions refuse so large a threshold; there nothing is mapped at all.
    heap = mallopt(M_MMAP_THRESHOLD, 2**31 - 1) == 1 or mallopt(M_MMAP_MAX, 0) == 1
    kept = [mallopt(number, value) == 1 for number, value in ((M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**28))]
    return heap and all(kept)
