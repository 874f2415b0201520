"""A competition to look at: random labels, made-up teams, entries over ten days that get better."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np

from leaderboard.competition import access, entries, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.core.clock import system_clock, to_datetime
from leaderboard.storage.files import write_whole
from leaderboard.submission.expected import CIFAR10

TOKENS = Path("private") / "demo-tokens.csv"
ROWS, SEED, DAYS = 10_000, 7, 10
DAY = 86_400_000_000
TEAMS = (
    *("Ada", "Grace", "Emmy", "Sofja", "Hypatia", "Alan", "Kurt", "Leonhard", "Carl", "Évariste", "Srinivasa", "Paul"),
    *("Bernhard", "Felix", "Georg", "Hedy", "Katherine", "Dorothy", "Margaret", "Barbara", "Frances", "Lise"),
    *("Маша", "陈省身", "Noether's Nets"),
)


class _PastClock:
    """The clock of a term that has gone by."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


def make(folder: Path) -> dict[str, str]:
    """Make the competition; return the token of each team, and the tutor's under "tutor"."""
    generator = np.random.default_rng(SEED)
    truth = generator.integers(0, len(CIFAR10), ROWS)
    now = system_clock()
    clock = _PastClock(now - DAYS * DAY)
    deadline = (to_datetime(now) + timedelta(days=7)).strftime("%Y-%m-%d")
    with tempfile.TemporaryDirectory() as temporary:
        solution = Path(temporary) / "solution.csv"
        solution.write_bytes(_csv(truth))
        rules = {"name": "CIFAR-10, a demonstration", "deadline": deadline}
        made = create(folder, solution, rules, Split(seed=SEED), clock=clock)
    tokens = {name: teams.add(made, name) for name in TEAMS}
    tokens["tutor"] = access.new_tutor_token(made)
    _enter(made, clock, truth, generator, now)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("team", "token"), *tokens.items()])
    write_whole(folder / TOKENS, text.getvalue().encode())
    return tokens


def _enter(made: Competition, clock: _PastClock, truth: np.ndarray, generator: np.random.Generator, now: int) -> None:
    with made.reading() as connection:
        numbers = {name: teams.find(connection, name).id for name in TEAMS}
    moments = []
    for place, name in enumerate(TEAMS):
        ceiling, count = 0.95 - 0.012 * place, int(generator.integers(3, 8))
        for at in sorted(generator.integers(now - DAYS * DAY, now, count)):
            share = float(at - (now - DAYS * DAY)) / (DAYS * DAY)
            moments.append((int(at), name, ceiling - 0.12 * (1 - share) ** 2))
    for at, name, accuracy in sorted(moments):
        clock.at = at
        right = generator.random(ROWS) < accuracy
        guess = np.where(right, truth, generator.integers(0, len(CIFAR10), ROWS))
        entries.submit_bytes(made, numbers[name], _csv(guess), name="submission.csv", message="made up")


def _csv(codes: np.ndarray) -> bytes:
    return ("id,label\n" + "".join(f"{i},{CIFAR10[code]}\n" for i, code in enumerate(codes, 1))).encode()
