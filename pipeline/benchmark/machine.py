"""Whether the machine was quiet while something was timed, and waiting for its device."""

import os
import time
from dataclasses import dataclass

import torch

# A quiet machine's own daemons take less; a neighbour on one core takes more.
BUSY_LOAD = 0.25
# CPU time got, of what the threads asked for; a thread that waits for memory or the device still counts as running.
BUSY_SHARE = 0.9


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Quiet:
    """What tells a busy machine from a quiet one."""

    load: float
    """Processes that ran or waited in the minute before, a core."""
    share: float
    """CPU seconds got by a loop on every thread, of the seconds that the clock showed."""

    @property
    def busy(self) -> bool:
        """Whether somebody else was using the machine."""
        return self.load > BUSY_LOAD or self.share < BUSY_SHARE

    def __str__(self) -> str:
        figures = f"load {self.load:.2f} a core before the start, {self.share:.0%} of the CPU time asked for"
        if self.busy:
            return f"BUSY MACHINE ({figures}): rates are too low; only ratios mean something; repeat when it is quiet"
        return f"quiet machine ({figures})"


def load_before() -> float:
    """The last minute's load average, a core; 0 where the system tells none."""
    try:
        return os.getloadavg()[0] / cores()
    except (OSError, AttributeError):
        return 0.0


def processor_share(seconds: float = 1.0) -> float:
    """CPU seconds of a multiplication on all of torch's threads, of the seconds times threads that passed."""
    matrix = torch.rand(512, 512)
    matrix @ matrix
    start, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        matrix @ matrix
    passed = time.perf_counter() - start
    return min(1.0, (time.process_time() - used) / (passed * torch.get_num_threads()))
