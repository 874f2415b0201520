"""Measure the server on this machine, client included: entries a second, looks at the standings, memory, start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from leaderboard.benchmark import load
from leaderboard.benchmark.files import write_pair
from leaderboard.benchmark.load import Wanted

TEAMS = 60
RULES = {"name": "load", "daily_quota": 1000, "daily_invalid": 1000}


def measure(seconds: float = 10.0, database: str | None = None, workers: int = 1) -> Iterator[dict]:
    """Rows for the table: what, its figure, unit, the floor or ceiling that it must keep."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _small(Path(folder), seconds, database, workers)
    if database is None:
        with tempfile.TemporaryDirectory() as folder:
            yield from _large(Path(folder), seconds)


def _row(what: str, value: float, unit: str, limit: float | None) -> dict:
    return {"what": what, "median": value, "cpu": None, "unit": unit, "floor": limit, "runs": 1}


def _small(root: Path, seconds: float, database: str | None, workers: int) -> Iterator[dict]:
    tokens, submission = _competition(root, 10_000, database)
    files = _Files(submission)
    began = time.perf_counter()
    with served(root / "competition", workers) as (address, pids):
        yield _row("serve: start until the first answer", time.perf_counter() - began, "s", 1.0)
        sent = load.run(address, TEAMS, _until(seconds, lambda n: files.entry(n, tokens)))
        yield from _uploads("10,000 rows, 60 at once", sent, 60, 1.0)
        looked = load.run(address, 50, _until(seconds / 2, lambda _: Wanted("GET", "/api/v1/standings")))
        yield _row("serve: standings", looked.rate, "/s", 1000)
        tag = _tag(f"{address}/api/v1/standings")
        known = Wanted("GET", "/api/v1/standings", (("If-None-Match", tag),))
        looked = load.run(address, 50, _until(seconds / 2, lambda _: known))
        yield _row(f"serve: standings, not changed ({looked.statuses[304]:,} of 304)", looked.rate, "/s", 3000)
        viewers = load.run(address, 2000, _until(seconds, lambda _: known), pause=5.0)
        yield _row("serve: 2,000 viewers, a look each 5 s, p99", viewers.quantile(0.99), "s", 1.0)
        yield _row("serve: memory of all its processes", memory(pids()), "MB", 150.0)


def _large(root: Path, seconds: float) -> Iterator[dict]:
    tokens, submission = _competition(root, 300_000, None)
    files = _Files(submission)
    with served(root / "competition", 1) as (address, pids):
        sent = load.run(address, 16, _until(seconds, lambda n: files.entry(n, tokens)))
        yield from _uploads("300,000 rows, 16 at once", sent, 8, None)
        yield _row("serve: memory after 300,000 rows", memory(pids()), "MB", None)


def _uploads(what: str, sent: load.Outcome, floor: float, ceiling: float | None) -> Iterator[dict]:
    other = sum(count for status, count in sent.statuses.items() if status != 201)
    yield _row(
        f"serve: entries of {what} ({sent.statuses[201]:,} taken, {other} other answers)", sent.rate, "/s", floor
    )
    yield _row(f"serve: entries of {what}, median", sent.quantile(0.5), "s", None)
    yield _row(f"serve: entries of {what}, p99", sent.quantile(0.99), "s", ceiling)


def _competition(root: Path, rows: int, database: str | None) -> tuple[list[str], Path]:
    from leaderboard.competition import teams
    from leaderboard.competition.creation import create

    solution, submission = write_pair(root, rows)
    made = create(root / "competition", solution, dict(RULES), database=database)
    return [teams.add(made, f"Team {number}") for number in range(1, TEAMS + 1)], submission


class _Files:
    """Distinct files of equal cost: the same rows, begun at another one."""

    def __init__(self, submission: Path) -> None:
        header, _, self.rows = submission.read_bytes().partition(b"\n")
        self.header = header + b"\n"

    def entry(self, number: int, tokens: list[str]) -> Wanted:
        at = self.rows.index(b"\n", (number * 7919) % (len(self.rows) - 40)) + 1
        body = self.header + self.rows[at:] + self.rows[:at]
        return Wanted("PUT", "/api/v1/entries", (("Authorization", f"Bearer {tokens[number % len(tokens)]}"),), body)


def _until(seconds: float, wanted: Callable[[int], Wanted]) -> Callable[[int], Wanted | None]:
    end = time.monotonic() + seconds
    return lambda number: wanted(number) if time.monotonic() < end else None


def _tag(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.headers["ETag"]


@contextmanager
def served(folder: Path, workers: int = 1) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """A server of the folder on a free port: its address, and a function that gives its processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--competition", str(folder), "--port", str(port), "--workers", str(workers))
    command = [sys.executable, "-m", "leaderboard", "serve", *options]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, process)
            yield address, lambda: [process.pid, *_children(process.pid)]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _wait_for(address: str, process: subprocess.Popen) -> None:
    for _ in range(3000):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=10):
                return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError("the server did not start") from None
            time.sleep(0.01)
    raise RuntimeError("the server did not answer")


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(text) for text in listed.stdout.split()]


def memory(pids: list[int]) -> float:
    """Megabytes of all processes, shared pages counted once for each that shares them in part (PSS), else resident."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except OSError:  # not Linux
            shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
            total += 1024 * int(shown.stdout or 0)
    return total / 1e6


def hardware() -> str:
    """For the line above the table."""
    return f"{os.cpu_count()} cores"
