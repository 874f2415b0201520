"""Measure time and memory of whole processes, started as a user would type them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from leaderboard.benchmark.files import distinct_files, write_pair
from leaderboard.benchmark.seeded import TEAMS
from leaderboard.benchmark.timing import median_times, row

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def process_rows(root: Path, repeats: int) -> Iterator[dict]:
    """Measure whole processes, from start to exit."""
    solution, submission = write_pair(root, 300_000)
    score = [sys.executable, "-m", "leaderboard", "score", str(submission), "--solution", str(solution)]
    took = median_times(lambda: subprocess.run(score, check=True, capture_output=True), repeats)
    yield row("process: score 300,000 rows", took[0], "s", None, repeats)
    yield row("process: score 300,000 rows, peak memory", _peak_memory(score), "MB", 150.0, 1)
    yield row("process: leaderboard --help", median_times(lambda: _run("--help"), repeats)[0], "s", 0.5, repeats)
    competition = str(root / "competition")
    files = iter(distinct_files(root, repeats))
    took = median_times(
        lambda: _run("submit", "--competition", competition, "--baseline", "--team", "timing", "-f", next(files)),
        repeats,
    )
    yield row(f"process: submit 10,000 rows, {TEAMS} teams on the board", took[0], "s", 1.0, repeats)


def _peak_memory(command: list[str]) -> float:
    """Megabytes. A small process starts the command, because a child's peak begins at its parent's size."""
    code = "import resource as r, subprocess as s, sys; s.run(sys.argv[1:], check=True, stdout=s.DEVNULL)"
    code += "; print(r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return int(done.stdout) * _MAXRSS_UNIT / 1e6


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "leaderboard", *arguments], check=True, capture_output=True)
