"""Whether the machine was idle during a measurement, and waiting for the device."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch

# The system's own daemons take less; a program on one of several cores takes more.
BUSY_OTHERS = 0.1
# Share of CPU time that the threads got; a thread that waits for memory or the device counts as running.
BUSY_SHARE = 0.9


def synchronise(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def cores() -> set[int]:
    """The numbers of the cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def system_cpu_seconds() -> float | None:
    """CPU seconds used on this process's cores since the system started, including time stolen by a host.

    From /proc/stat (proc(5)); None on other systems.
    """
    try:
        rows = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    except OSError:
        return None
    mine = {f"cpu{number}" for number in cores()}
    # user, nice, system, (idle, iowait,) irq, softirq, steal
    ticks = sum(int(row[at]) for row in rows if row and row[0] in mine for at in (1, 2, 3, 6, 7, 8))
    return ticks / os.sysconf("SC_CLK_TCK")


def process_cpu_seconds() -> float:
    """CPU seconds of this process and its finished children."""
    return sum(os.times()[:4])


class LoadWatch:
    """Measures how the cores are used from its creation on."""

    def __init__(self) -> None:
        self.all, self.here, self.clock = system_cpu_seconds(), process_cpu_seconds(), time.perf_counter()

    def others(self) -> float:
        """Share of the cores' time that other processes have used since then, 0 to 1; 0 if unknown."""
        if self.all is None:
            return 0.0
        used = system_cpu_seconds() - self.all - (process_cpu_seconds() - self.here)
        return min(1.0, max(0.0, used / ((time.perf_counter() - self.clock) * len(cores()))))


@dataclass(frozen=True)
class Load:
    """The load of the machine by others."""

    others: float
    """Share of the cores that other processes took."""
    share: float
    """CPU time that a loop on every thread got, as a share of the elapsed time."""

    @property
    def busy(self) -> bool:
        """Whether somebody else uses the machine."""
        return self.others > BUSY_OTHERS or self.share < BUSY_SHARE

    def __str__(self) -> str:
        figures = (
            f"others used {self.others:.0%} of the cores, a loop got {self.share:.0%} of the CPU time it asked for"
        )
        if self.busy:
            return f"BUSY MACHINE ({figures}): rates are too low, only ratios are meaningful; repeat when it is idle"
        return f"idle machine ({figures})"


def measure_load(seconds: float = 1.0) -> Load:
    """Measure the current load for a second."""
    watch = LoadWatch()
    share = cpu_share(seconds)
    return Load(watch.others(), share)


def cpu_share(seconds: float) -> float:
    """CPU time that matrix products on all of torch's threads get, as a share of elapsed time times threads."""
    matrix = torch.rand(512, 512)
    matrix @ matrix
    start, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        matrix @ matrix
    passed = time.perf_counter() - start
    return min(1.0, (time.process_time() - used) / (passed * torch.get_num_threads()))
