"""Medians of repeated runs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def row(what: str, median: float | tuple[float, float], unit: str, floor: float | None, runs: int) -> dict:
    """One line of the table; `median` is seconds of wall time, or a pair with the CPU time; `floor` is its limit."""
    wall, cpu = median if isinstance(median, tuple) else (median, None)
    return {"what": what, "median": wall, "cpu": cpu, "unit": unit, "floor": floor, "runs": runs}


def median_times(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Wall time and this process's own CPU time, seconds: on a busy machine they differ by the waiting."""
    wall, cpu = [], []
    for _ in range(repeats):
        start, worked = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - worked)
    return statistics.median(wall), statistics.median(cpu)
