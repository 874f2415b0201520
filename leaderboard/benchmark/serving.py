"""Measure the server on this machine, client included: entries per second, views of the standings, memory, start."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leaderboard.benchmark import load
from leaderboard.benchmark.files import write_pair
from leaderboard.benchmark.load import Request
from leaderboard.benchmark.timing import row
from leaderboard.submission.expected import CIFAR10

TEAMS = 60
RULES = {"name": "load", "daily_quota": 1000, "daily_invalid": 1000}
STANDINGS, QUOTA = "/api/v1/standings", "/api/v1/quota"
RUSH, LAST_SECONDS = 2000, 20
VIEWERS, LOOK_EACH = 2000, 15.0


def measure(seconds: float = 10.0, database: str | None = None, workers: int = 1) -> Iterator[dict]:
    """Rows for the table; `database` is the URL of an empty PostgreSQL instead of SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _small(Path(folder), seconds, database, workers)
    if database is None:
        with tempfile.TemporaryDirectory() as folder:
            yield from _large(Path(folder), seconds)


def _small(root: Path, seconds: float, database: str | None, workers: int) -> Iterator[dict]:
    tokens, submission = _competition(root, 10_000, database)
    files = _Files(submission)
    began = time.perf_counter()
    with running_server(root / "competition", workers) as (address, pids):
        yield row("serve: start until the first answer", time.perf_counter() - began, "s", 1.0, 1)
        yield from _uploads(
            address, pids, "10,000 rows, 60 at once", 60, seconds, lambda n: files.entry(n, tokens), 60, 1.0
        )
        looked = load.run(address, 50, _until(seconds / 2, lambda _: Request("GET", STANDINGS)))
        yield row("serve: standings", looked.rate, "/s", 1000, 1)
        known = Request("GET", STANDINGS, (("If-None-Match", _tag(address + STANDINGS)),))
        looked = load.run(address, 50, _until(seconds / 2, lambda _: known))
        yield row(f"serve: standings, not changed ({looked.statuses[304]:,} of 304)", looked.rate, "/s", 3000, 1)
        viewers = load.run(address, VIEWERS, _until(2 * seconds, lambda _: known), pause=LOOK_EACH)
        yield row(f"serve: {VIEWERS:,} viewers, a look each {LOOK_EACH:g} s, p99", viewers.quantile(0.99), "s", 1.0, 1)
        wrong = load.run(address, 50, _until(seconds / 5, lambda n: Request("GET", QUOTA, _bearer(f"{n:032x}"))))
        what = f"serve: wrong tokens, refused ({wrong.statuses[401]} of 401, {wrong.statuses[429]:,} of 429)"
        yield row(what, wrong.rate, "/s", None, 1)
        yield row("serve: memory of all its processes", memory(pids()), "MB", 150.0, 1)
        yield from _last_minute(root / "competition", address, lambda n: files.entry(50_000 + n, tokens), known)


def _large(root: Path, seconds: float) -> Iterator[dict]:
    tokens, submission = _competition(root, 300_000, None)
    files = _Files(submission)
    with running_server(root / "competition", 1) as (address, pids):
        yield from _uploads(
            address, pids, "300,000 rows, 16 at once", 16, seconds, lambda n: files.entry(n, tokens), 8, None
        )
        yield row("serve: memory after 300,000 rows", memory(pids()), "MB", 150.0, 1)


def _uploads(
    address: str,
    pids: Callable[[], list[int]],
    what: str,
    clients: int,
    seconds: float,
    request_of: Callable[[int], Request],
    floor: float,
    ceiling: float | None,
) -> Iterator[dict]:
    """Entries per second, the server's own CPU time per entry, and the seconds until the answer."""
    before, own = processor_seconds(pids()), time.process_time()
    sent = load.run(address, clients, _until(seconds, request_of))
    own, worked = time.process_time() - own, processor_seconds(pids()) - before
    other = sum(count for status, count in sent.statuses.items() if status != 201)
    taken = f"{sent.statuses[201]:,} taken, {other} other answers"
    yield row(f"serve: entries of {what} ({taken})", sent.rate, "/s", floor, 1)
    count = max(1, sent.statuses[201])
    yield row(f"serve: the server's CPU time for an entry of {what}", worked / count, "s", None, 1)
    yield row(f"serve: the clients' CPU time for an entry of {what}", own / count, "s", None, 1)
    yield row(f"serve: entries of {what}, median", sent.quantile(0.5), "s", None, 1)
    yield row(f"serve: entries of {what}, p99", sent.quantile(0.99), "s", ceiling, 1)


def _last_minute(folder: Path, address: str, request_of: Callable[[int], Request], known: Request) -> Iterator[dict]:
    """2,000 files sent at once shortly before the deadline, while 2,000 viewers look: the last is scored long after."""
    rules = folder / "rules.toml"
    deadline = datetime.now(UTC) + timedelta(seconds=LAST_SECONDS)
    text = rules.read_text().replace('deadline = ""', f'deadline = "{deadline:%Y-%m-%dT%H:%M:%S}"')
    rules.write_text(text)
    with ThreadPoolExecutor(1) as pool:
        viewers = pool.submit(load.run, address, VIEWERS, _until(LAST_SECONDS, lambda _: known), pause=LOOK_EACH)
        sent = load.run(address, RUSH, lambda number: request_of(number) if number < RUSH else None)
    late = f"{sent.statuses[409]} too late, {RUSH - sent.statuses[201] - sent.statuses[409]} other answers"
    what = f"serve: of {RUSH:,} entries sent at once {LAST_SECONDS} s before the deadline, taken ({late})"
    yield row(what, sent.statuses[201], "", RUSH, 1)
    yield row("serve: the last of them, answered after", max(sent.seconds), "s", None, 1)
    looks = viewers.result()
    other = sum(count for status, count in looks.statuses.items() if status not in (200, 304))
    what = f"serve: {VIEWERS:,} viewers meanwhile ({len(looks.seconds):,} looks, {other} other answers), p99"
    yield row(what, looks.quantile(0.99), "s", None, 1)


def _competition(root: Path, rows: int, database: str | None) -> tuple[list[str], Path]:
    from leaderboard.competition import teams
    from leaderboard.competition.creation import create

    solution, submission = write_pair(root, rows)
    made = create(root / "competition", solution, dict(RULES), database=database)
    return [teams.add(made, f"Team {number}") for number in range(1, TEAMS + 1)], submission


class _Files:
    """Distinct files of equal cost: each differs in one label on one line."""

    def __init__(self, submission: Path) -> None:
        self.lines = submission.read_bytes().splitlines(keepends=True)
        self.starts = [0, *itertools.accumulate(map(len, self.lines))]
        self.whole = b"".join(self.lines)

    def entry(self, number: int, tokens: list[str]) -> Request:
        line = 1 + number // 9 % (len(self.lines) - 1)
        name, _, label = self.lines[line].strip().partition(b",")
        other = CIFAR10[(CIFAR10.index(label.decode()) + 1 + number % 9) % len(CIFAR10)]
        changed = name + b"," + other.encode() + b"\n"
        body = self.whole[: self.starts[line]] + changed + self.whole[self.starts[line + 1] :]
        return Request("PUT", "/api/v1/entries", _bearer(tokens[number % len(tokens)]), body)


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),)


def _until(seconds: float, request_of: Callable[[int], Request]) -> Callable[[int], Request | None]:
    end = time.monotonic() + seconds
    return lambda number: request_of(number) if time.monotonic() < end else None


def _tag(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.headers["ETag"]


@contextmanager
def running_server(folder: Path, workers: int = 1) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """A server of the folder on a free port: its address, and a function that lists its processes."""
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
    """Megabytes of all processes: proportional set size (PSS) if the system gives it, else resident memory."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except OSError:  # not Linux
            shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
            total += 1024 * int(shown.stdout or 0)
    return total / 1e6


def processor_seconds(pids: list[int]) -> float:
    """CPU time that the processes have used; 0 if the system does not report it."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")
