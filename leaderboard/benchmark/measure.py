"""Measure on this machine what the README claims; medians, with a peer from the standard library in the same run."""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from leaderboard.submission.expected import CIFAR10

SEED = 10
TEAMS, ENTRIES = 500, 20_000
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def measure(repeats: int = 7) -> Iterator[dict]:
    """Rows for the table: what, its median, the floor it must keep (None for a peer), the number of runs."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        yield from _scoring(root, 300_000, 0.4, repeats)
        yield from _scoring(root, 10_000, 0.02, repeats)
        yield _hostile(root)
        yield _publishing(root)
        yield from _processes(root, repeats)


def _row(what: str, median: float | tuple[float, float], unit: str, floor: float | None, runs: int) -> dict:
    wall, cpu = median if isinstance(median, tuple) else (median, None)
    return {"what": what, "median": wall, "cpu": cpu, "unit": unit, "floor": floor, "runs": runs}


def _median(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Wall time and this process's own CPU time, seconds: on a busy machine they differ by the waiting."""
    wall, cpu = [], []
    for _ in range(repeats):
        start, worked = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - worked)
    return statistics.median(wall), statistics.median(cpu)


def write_pair(root: Path, rows: int, *, shuffled: bool = False) -> tuple[Path, Path]:
    """A random solution and a submission that is right on nine rows of ten."""
    generator = np.random.default_rng(SEED)
    truth = generator.integers(0, 10, rows)
    guess = np.where(generator.random(rows) < 0.9, truth, generator.integers(0, 10, rows))
    order = generator.permutation(rows) if shuffled else np.arange(rows)
    paths = root / f"solution-{rows}.csv", root / f"submission-{rows}-{shuffled}.csv"
    for path, labels, sequence in zip(paths, (truth, guess), (range(rows), order), strict=True):
        path.write_text("id,label\n" + "".join(f"{i + 1},{CIFAR10[labels[i]]}\n" for i in sequence))
    return paths


def _scoring(root: Path, rows: int, floor: float, repeats: int) -> Iterator[dict]:
    """From two files on the disk to the counts: reading the solution is part of it."""
    for name, shuffled in (("", False), (", rows shuffled", True)):
        solution, submission = write_pair(root, rows, shuffled=shuffled)
        took = _median(lambda a=solution, b=submission: _score(a, b), repeats)
        yield _row(f"validate and score {rows:,} rows{name}", took, "s", floor, repeats)
    took = _median(lambda: _score_with_csv(solution, submission), repeats)
    yield _row(f"peer: csv.reader(strict=True), {rows:,} rows", took, "s", None, repeats)


def _score(solution_file: Path, submission_file: Path) -> int:
    from leaderboard.scoring.solution import read_solution
    from leaderboard.submission import validate_file

    solution = read_solution(solution_file)
    codes = validate_file(submission_file, solution.expected()).report.codes
    return int((codes == solution.truth).sum())


def _score_with_csv(solution_file: Path, submission_file: Path) -> int:
    """The shortest strict check with the standard library: header, two fields, known classes, every id once."""
    tables = []
    for path in (solution_file, submission_file):
        with path.open(newline="") as file:
            reader = csv.reader(file, strict=True)
            if next(reader) != ["id", "label"]:
                raise ValueError("header")
            table: dict[str, str] = {}
            for name, label in reader:
                if name in table or label not in CIFAR10:
                    raise ValueError(name)
                table[name] = label
            tables.append(table)
    truth, guess = tables
    if truth.keys() != guess.keys():
        raise ValueError("ids")
    return sum(truth[name] == label for name, label in guess.items())


def hostile_files(canonical: bytes, cap: int) -> dict[str, bytes]:
    """Files that cost a careless reader the most, each no larger than the size cap."""
    body = canonical.removeprefix(b"id,label\n")
    return {
        "every label wrong": b"id,label\n" + body.upper(),
        "every id wrong": b"id,label\n" + body.replace(b",", b".0,"),
        "every line quoted badly": b"id,label\n" + body.replace(b",", b',"'),
        "newlines only": b"id,label\n" + b"\n" * (cap - 9),
        "commas only": b"id,label\n" + b"," * (cap - 9),
        "long numbers": b"id,label\n" + (b"1," + b"1" * 498 + b"x\n") * ((cap - 9) // 502),
        "one endless field": b"id,label\n1," + b"x" * (cap - 11),
        "one endless quote": b'id,label\n1,"' + b"x\n" * ((cap - 12) // 2),
        "NUL bytes": canonical[: len(canonical) // 2] + bytes(1000) + canonical,
        "random bytes": np.random.default_rng(SEED).bytes(cap),
    }


def _hostile(root: Path) -> dict:
    from leaderboard.scoring.solution import read_solution
    from leaderboard.submission import validate_bytes

    solution, submission = write_pair(root, 300_000)
    expected = read_solution(solution).expected()
    worst, name = (0.0, 0.0), ""
    files = hostile_files(submission.read_bytes(), expected.max_bytes)
    for kind, data in files.items():
        if validate_bytes(data, expected).valid:
            raise RuntimeError(f"{kind} was accepted")
        took = _median(lambda data=data: validate_bytes(data, expected), 1)
        worst, name = max((worst, name), (took, kind))
    return _row(f"refuse a hostile file against 300,000 ids, the slowest of {len(files)} ({name})", worst, "s", 1.0, 1)


def _publishing(root: Path) -> dict:
    from leaderboard.page.publish import publish

    competition = seeded_competition(root)
    took = _median(lambda: publish(competition, root / "site"), 3)
    return _row(f"publish {TEAMS} teams with {ENTRIES:,} entries", took, "s", 2.0, 3)


def seeded_competition(root: Path):
    """A competition whose database is filled directly: 500 teams, 20,000 entries on 3,000 public rows."""
    from leaderboard.competition.creation import create
    from leaderboard.storage import database

    solution, _ = write_pair(root, 10_000)
    made = create(root / "competition", solution, {"name": "benchmark"})
    generator = np.random.default_rng(SEED)
    day = 86_400_000_000
    start = made.clock() - 10 * day
    teams = [_team(number, start) for number in range(1, TEAMS + 1)]
    entries, public, private = [], [], []
    for number in range(1, ENTRIES + 1):
        team = int(generator.integers(1, TEAMS + 1))
        skill = 0.7 + 0.25 * team / TEAMS + 0.03 * number / ENTRIES
        hits = generator.random(10_000) < skill
        at = start + number * 10 * day // ENTRIES
        entries.append({"id": number, "team_id": team, "at": at, "sha256": str(number), **_FILE})
        public.append(_score_row(number, hits[:3000]) | {"counts": True})
        private.append(_score_row(number, hits[3000:]))
    with made.store.writing() as connection:
        connection.execute(database.teams.insert(), teams)
        connection.execute(database.submissions.insert(), entries)
        connection.execute(database.public_scores.insert(), public)
        connection.execute(database.private_scores.insert(), private)
    return made


_FILE = {"file_name": "submission.csv", "message": "", "picked": False}


def _team(number: int, at: int) -> dict:
    name = f"Team {number}"
    return {"id": number, "name": name, "folded": name.lower(), "disabled": False, "baseline": False, "created_at": at}


def _score_row(number: int, hits: np.ndarray) -> dict:
    packed = np.packbits(hits).tobytes()
    return {"submission_id": number, "revision": 0, "hits": int(hits.sum()), "rows": len(hits), "row_hits": packed}


def _processes(root: Path, repeats: int) -> Iterator[dict]:
    """Whole processes, from the shell and back."""
    solution, submission = write_pair(root, 300_000)
    score = [sys.executable, "-m", "leaderboard", "score", str(submission), "--solution", str(solution)]
    took = _median(lambda: subprocess.run(score, check=True, capture_output=True), repeats)
    yield _row("process: score 300,000 rows", took[0], "s", None, repeats)
    yield _row("process: score 300,000 rows, peak memory", _peak_memory(score), "MB", 150.0, 1)
    yield _row("process: leaderboard --help", _median(lambda: _run("--help"), repeats)[0], "s", 0.5, repeats)
    competition = str(root / "competition")
    files = iter(_distinct_files(root, repeats))
    took = _median(
        lambda: _run("submit", "--competition", competition, "--baseline", "--team", "timing", "-f", next(files)),
        repeats,
    )
    yield _row(f"process: submit 10,000 rows, {TEAMS} teams on the board", took[0], "s", 1.0, repeats)


def _peak_memory(command: list[str]) -> float:
    """Megabytes. A small process in between starts the command: a child's peak begins with its parent's size."""
    code = "import resource as r, subprocess as s, sys; s.run(sys.argv[1:], check=True, stdout=s.DEVNULL)"
    code += "; print(r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return int(done.stdout) * _MAXRSS_UNIT / 1e6


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "leaderboard", *arguments], check=True, capture_output=True)


def _distinct_files(root: Path, count: int) -> Iterator[str]:
    _, submission = write_pair(root, 10_000)
    lines = submission.read_text().splitlines(keepends=True)
    for number in range(count):
        path = root / f"distinct-{number}.csv"
        path.write_text("".join([lines[0], *lines[number + 2 :], *lines[1 : number + 2]]))
        yield str(path)
