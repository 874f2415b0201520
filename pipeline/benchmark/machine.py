"""Whether the machine was quiet while something was timed, and waiting for its device."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch

# A quiet machine's own daemons take less; a neighbour on one core of several takes more.
BUSY_OTHERS = 0.1
# CPU time got, of what the threads asked for; a thread that waits for memory or the device still counts as running.
BUSY_SHARE = 0.9


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def cores() -> set[int]:
    """Numbers of the cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def used_by_all() -> float | None:
    """CPU seconds that were used on this process's cores since the system started, a host's theft among them.

    From /proc/stat (proc(5)); None if the system has none.
    """
    try:
        rows = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    except OSError:
        return None
    mine = {f"cpu{number}" for number in cores()}
    # user, nice, system, (idle, iowait,) irq, softirq, steal
    ticks = sum(int(row[at]) for row in rows if row and row[0] in mine for at in (1, 2, 3, 6, 7, 8))
    return ticks / os.sysconf("SC_CLK_TCK")


def used_here() -> float:
    """CPU seconds of this process and its finished children."""
    return sum(os.times()[:4])


class Watch:
    """Looks at who uses the cores, from when it is made."""

    def __init__(self) -> None:
        self.all, self.here, self.clock = used_by_all(), used_here(), time.perf_counter()

    def others(self) -> float:
        """Share of the cores' time that other processes took since then, 0 to 1; 0 if the system does not tell."""
        if self.all is None:
            return 0.0
        used = used_by_all() - self.all - (used_here() - self.here)
        return min(1.0, max(0.0, used / ((time.perf_counter() - self.clock) * len(cores()))))


@dataclass(frozen=True)
class Quiet:
    """What tells a busy machine from a quiet one."""

    others: float
    """Share of the cores that other processes took."""
    share: float
    """CPU seconds got by a loop on every thread, of the seconds that the clock showed."""

    @property
    def busy(self) -> bool:
        """Whether somebody else was using the machine."""
        return self.others > BUSY_OTHERS or self.share < BUSY_SHARE

    def __str__(self) -> str:
        figures = f"others took {self.others:.0%} of the cores, a loop got {self.share:.0%} of the time it asked for"
        if self.busy:
            return f"BUSY MACHINE ({figures}): rates are too low; only ratios mean something; repeat when it is quiet"
        return f"quiet machine ({figures})"


def measure_load(seconds: float = 1.0) -> Quiet:
    """Whether the machine is quiet now."""
    watch = Watch()
    share = processor_share(seconds)
    return Quiet(watch.others(), share)


def processor_share(seconds: float) -> float:
    """CPU seconds of a multiplication on all of torch's threads, of the seconds times threads that passed."""
    matrix = torch.rand(512, 512)
    matrix @ matrix
    start, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        matrix @ matrix
    passed = time.perf_counter() - start
    return min(1.0, (time.process_time() - used) / (passed * torch.get_num_threads()))
