"""Measure how long it takes to judge a file, next to a reader built from the standard library."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from leaderboard.benchmark.files import hostile_files, rewritten_files, write_pair
from leaderboard.benchmark.timing import median_times, row
from leaderboard.scoring.solution import read_solution
from leaderboard.submission import validate_bytes, validate_file
from leaderboard.submission.expected import CIFAR10


def scoring_rows(root: Path, rows: int, floor: float, repeats: int) -> Iterator[dict]:
    """From two files on the disk to the counts, including reading the solution."""
    for name, shuffled in (("", False), (", rows shuffled", True)):
        solution, submission = write_pair(root, rows, shuffled=shuffled)
        took = median_times(partial(_score, solution, submission), repeats)
        yield row(f"validate and score {rows:,} rows{name}", took, "s", floor, repeats)
    took = median_times(lambda: _score_with_csv(solution, submission), repeats)
    yield row(f"peer: csv.reader(strict=True), {rows:,} rows", took, "s", None, repeats)


def _score(solution_file: Path, submission_file: Path) -> int:
    solution = read_solution(solution_file)
    codes = validate_file(submission_file, solution.expected()).report.codes
    return int(np.count_nonzero(codes == solution.truth))


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


def hostile_row(root: Path) -> dict:
    """The slowest of the hostile files against 300,000 ids."""
    solution, submission = write_pair(root, 300_000)
    expected = read_solution(solution).expected()
    worst, name = (0.0, 0.0), ""
    fixed = hostile_files(submission.read_bytes(), expected.max_bytes)
    files: dict[str, Callable[[], bytes]] = {kind: partial(bytes, data) for kind, data in fixed.items()}
    files |= rewritten_files(300_000)
    for kind, make in files.items():
        data = make()
        took = median_times(partial(validate_bytes, data, expected), 1)
        worst, name = max((worst, name), (took, kind))
    return row(f"judge a hostile file against 300,000 ids, the slowest of {len(files)} ({name})", worst, "s", 1.0, 1)
