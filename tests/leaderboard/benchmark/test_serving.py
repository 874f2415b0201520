"""The server's benchmark in small: its files, its processes' memory and time, and one second of entries."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from subprocess import PIPE

import pytest

pytest.importorskip("starlette", reason="the server's packages are not installed: pip install '.[serve]'")

from leaderboard.benchmark import serving
from leaderboard.benchmark.files import write_pair
from leaderboard.submission.expected import CIFAR10


def test_each_file_differs_from_the_first_in_one_label(tmp_path: Path) -> None:
    _, submission = write_pair(tmp_path, 20)
    original, tokens = submission.read_text().splitlines(), ["s", "t"]
    made = [serving._Files(submission).entry(number, tokens) for number in range(9 * 20)]
    assert len({request.body for request in made}) == 9 * 20
    for number, request in enumerate(made):
        changed = [
            pair for pair in zip(original, request.body.decode().splitlines(), strict=True) if len(set(pair)) > 1
        ]
        ((old, new),) = changed
        assert old.split(",")[0] == new.split(",")[0]
        assert new.split(",")[1] in CIFAR10
        assert request.headers == (("Authorization", f"Bearer {tokens[number % 2]}"),)


GROWS = """
import mmap
held = mmap.mmap(-1, 50 << 20)
print(input(), flush=True)
for _ in range(50):
    held.write(bytes([1]) * (1 << 20))
print(input(), flush=True)
input()
"""


def test_memory_is_that_of_a_process() -> None:
    with subprocess.Popen([sys.executable, "-c", GROWS], stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sizes = []
        for word in ("before\n", "after\n"):
            process.stdin.write(word)
            assert process.stdout.readline() == word
            sizes.append(serving.memory([process.pid]))
        process.stdin.write("the end\n")
    assert sizes[1] - sizes[0] == pytest.approx((50 << 20) / 1e6, abs=5)


def test_processor_time_is_that_of_a_process() -> None:
    assert serving.processor_seconds([os.getpid()]) == pytest.approx(time.process_time(), abs=0.1)
    assert serving.processor_seconds([]) == 0


def test_entries_are_counted_on_a_server_that_ends_afterwards(tmp_path: Path) -> None:
    tokens, submission = serving._competition(tmp_path, 200, None)
    files = serving._Files(submission)
    with serving.running_server(tmp_path / "competition") as (address, pids):
        running = pids()
        rows = list(serving._uploads(address, pids, "200 rows", 4, 0.5, lambda n: files.entry(n, tokens), 60, 1.0))
        with urllib.request.urlopen(address + serving.STANDINGS) as answer:
            body = answer.read()
    assert "taken, 0 other answers" in rows[0]["what"]
    assert [row["unit"] for row in rows] == ["/s", "s", "s", "s", "s"]
    assert all(row["median"] > 0 for row in rows)
    assert b"Team 1" in body
    assert len(running) > 1
    assert not [pid for pid in running if Path(f"/proc/{pid}").exists()]


def test_a_server_that_does_not_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the server did not start"), serving.running_server(tmp_path / "none"):
        pass
