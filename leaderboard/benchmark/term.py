"""Measure what each command of a tutor and of a team costs during a term, on a competition with real entries."""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from leaderboard.benchmark.files import SEED
from leaderboard.benchmark.timing import row
from leaderboard.competition import entries, members
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.competition.folder import VARIABLE
from leaderboard.competition.roster_file import Row
from leaderboard.core.clock import day_bounds, system_clock
from leaderboard.submission.expected import CIFAR10

TEAMS, STUDENTS, ENTRIES, ROWS, LIMIT = 25, 60, 300, 10_000, 1.0
HOUR = 3_600_000_000
# These start or ask a server, fill a demonstration, or measure.
LEFT_OUT = ("serve", "share", "join", "login", "demo", "rehearse", "report", "benchmark")
# In the order of a term. {one} and {two} are further files; {entry} is an entry of Team 01.
COMMANDS = """
init other --solution solution.csv --deadline 2999-12-20
validate {one}
score {one} --solution solution.csv --details
team add "Team 26"
team list
team import more.csv --tokens tokens.csv
team members
team move 1002 "Team 09"
team leave 1003
team rename "Team 04" "Team 4"
team alias "Team 05" "Five"
team token "Team 06"
team disable "Team 07"
team disable "Team 07" --undo
team grant "Team 08" --entries 2 --until 2999-12-22 --reason ill
team grants
team revoke 1
rules check
rules set daily_quota 20
submit -f {one} --team "Team 01"
submit -f {two} --baseline --team baseline
submissions --team "Team 01"
submissions
leaderboard
leaderboard --private
quota --team "Team 01"
select {entry} --team "Team 01"
entry withdraw {entry} --team "Team 01"
entry restore {entry}
entry void {entry} --reason "two accounts" --give-back
entry move {entry} --to "Team 02" --reason "wrong token"
entry list
team merge "Team 24" --into "Team 25"
team split "Team 25" "Team 27" --members 1023
publish site
inspect
inspect {entry}
tutor-token
audit verify
audit verify --scores
audit log --format csv
export --format csv
export --format json
backup copy
rescore --solution fixed.csv
freeze
reveal --yes --show finals.html
export final
export files files
gradebook --for moodle --zero 0.5 --full 0.9 --out moodle.csv
gradebook --for canvas --zero 0.5 --full 0.9 --out canvas.csv
"""


def measure(folder: Path) -> Iterator[dict]:
    """One row per command: wall time and CPU time of its process in one run."""
    entry = _make(folder)
    names = {"one": folder / "further-1.csv", "two": folder / "further-2.csv", "entry": entry}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LEADERBOARD_")}
    environment[VARIABLE] = str(folder / "competition")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as usual, a module is compiled only the first time
    for line in COMMANDS.strip().splitlines():
        words = shlex.split(line.format(**names))
        yield row(line.format(one="FILE", two="FILE", entry="N"), _timed(words, folder, environment), "s", LIMIT, 1)


def _timed(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "leaderboard", *words]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _make(folder: Path) -> int:
    """The competition and the files that the commands name; an entry of Team 01."""
    generator = np.random.default_rng(SEED)
    truth = generator.integers(0, len(CIFAR10), ROWS)
    fixed = np.where(np.arange(ROWS) < 5, (truth + 1) % len(CIFAR10), truth)
    for name, codes in (("solution", truth), ("fixed", fixed)):
        (folder / f"{name}.csv").write_bytes(_csv(codes))
    for number in (1, 2):
        (folder / f"further-{number}.csv").write_bytes(_csv(_guess(truth, 0.8, generator)))
    more = "name,student id,e-mail,team\nNew Student,2000,2000@example.org,Team 01\n"
    (folder / "more.csv").write_text(more)
    now = system_clock()
    # Days ago, so that today's quota is unused.
    clock = _Clock(day_bounds(now, "UTC")[0] - 20 * 24 * HOUR)
    rules = {"name": "benchmark", "daily_quota": 1000}
    made = create(folder / "competition", folder / "solution.csv", rules, Split(seed=SEED), clock=clock)
    _add_students(made)
    return _enter(made, clock, truth, generator)


class _Clock:
    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


def _add_students(made: Competition) -> None:
    rows = [
        Row(n + 2, f"Student {n}", str(1000 + n), f"{n}@example.org", f"Team {n % TEAMS + 1:02}")
        for n in range(STUDENTS)
    ]
    members.import_roster(made, rows, [], lambda _: None)


def _enter(made: Competition, clock: _Clock, truth: np.ndarray, generator: np.random.Generator) -> int:
    first = 0
    for number in range(ENTRIES):
        clock.at += HOUR
        team = number % TEAMS + 1
        guess = _guess(truth, 0.6 + 0.01 * team, generator)
        receipt = entries.submit_bytes(made, team, _csv(guess), name="submission.csv")
        if team == 1 and not first:
            first = receipt.submission or 0
    return first


def _guess(truth: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    return np.where(generator.random(len(truth)) < share, truth, generator.integers(0, len(CIFAR10), len(truth)))


def _csv(codes: np.ndarray) -> bytes:
    return ("id,label\n" + "".join(f"{i},{CIFAR10[code]}\n" for i, code in enumerate(codes, 1))).encode()
