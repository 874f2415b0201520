"""Timing on a shared machine: contenders take turns, round after round, and the median of each counts."""

import statistics
import time
from collections.abc import Callable, Mapping

Medians = dict[str, float]


def medians(contenders: Mapping[str, Callable[[], object]], repeats: int, least_seconds: float = 0.002) -> Medians:
    """Median seconds of one call of each contender, run in the order A B A B, so that other load affects all alike.

    A round repeats a contender until it takes `least_seconds`, and the order rotates from round to round.
    """
    names = list(contenders)
    calls = {name: _calls_for(contenders[name], least_seconds) for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            seconds[name].append(_seconds(contenders[name], calls[name]))
    return {name: statistics.median(values) for name, values in seconds.items()}


def _calls_for(contender: Callable[[], object], least_seconds: float) -> int:
    contender()  # warm up: primitives are cached, memory is mapped
    return max(1, min(1000, round(least_seconds / max(_seconds(contender, 1), 1e-7))))


def _seconds(contender: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        contender()
    return (time.perf_counter() - start) / calls
