"""A plugin of pytest that writes tests/long_tests.txt: what `make test-fast` leaves out, by the CPU time of this run.

`make test ARGS="-n 0 -p tests.tools.long_tests"` measures. CPU time, child processes included,
depends little on what else the machine does. A test that was not run keeps its place in the list or outside it.
A line without a test's name stands for a whole file, whose tests share something that takes long to set up.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

RECORD = Path(__file__).parents[1] / "long_tests.txt"
# CPU seconds of a test function, all its parameters together.
LIMIT = 0.2


class Stopwatch:
    """CPU seconds by test function: tests/x/test_y.py::test_z."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.shared: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        before = cpu_seconds()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid.partition("[")[0]] += cpu_seconds() - before

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: pytest.FixtureRequest) -> Generator[None, object, object]:
        before = cpu_seconds()
        try:
            return (yield)
        finally:
            if fixturedef.scope == "module" and cpu_seconds() - before >= LIMIT:
                self.shared.add(request.node.nodeid)

    def pytest_sessionfinish(self) -> None:
        before = RECORD.read_text().splitlines()
        RECORD.write_text("".join(f"{name}\n" for name in updated(before, self.seconds, self.shared)))


def pytest_configure(config: pytest.Config) -> None:
    """Start to measure when pytest has loaded this module as a plugin."""
    config.pluginmanager.register(Stopwatch())


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def updated(before: list[str], seconds: Counter[str], shared: set[str]) -> list[str]:
    """The files that share something slow, other long tests that were measured, and what was not run of the list."""
    files = {name.partition("::")[0] for name in seconds}
    kept = [name for name in before if name not in seconds and name not in files]
    measured = [name for name, taken in seconds.items() if taken >= LIMIT and name.partition("::")[0] not in shared]
    return sorted([*kept, *measured, *shared])
