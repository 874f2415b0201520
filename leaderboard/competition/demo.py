"""A demonstration competition: random labels, invented teams, and entries that improve over ten days."""

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
from leaderboard.competition.simulation import DAY, Images, ManualClock, labels_csv
from leaderboard.core.clock import system_clock, to_datetime
from leaderboard.storage.files import write_whole

TOKENS = Path("private") / "demo-tokens.csv"
ROWS, SEED, DAYS = 10_000, 7, 10
TEAMS = (
    *("Ada", "Grace", "Emmy", "Sofja", "Hypatia", "Alan", "Kurt", "Leonhard", "Carl", "Évariste", "Srinivasa", "Paul"),
    *("Bernhard", "Felix", "Georg", "Hedy", "Katherine", "Dorothy", "Margaret", "Barbara", "Frances", "Lise"),
    *("Маша", "陈省身", "Noether's Nets"),
)


def make(folder: Path) -> dict[str, str]:
    """Make the competition in `folder`; the token of each team, by name, and the tutor's under "tutor"."""
    generator = np.random.default_rng(SEED)
    images = Images(ROWS, generator)
    now = system_clock()
    clock = ManualClock(now - DAYS * DAY)
    deadline = (to_datetime(now) + timedelta(days=7)).strftime("%Y-%m-%d")
    with tempfile.TemporaryDirectory() as temporary:
        solution = Path(temporary) / "solution.csv"
        solution.write_bytes(labels_csv(images.truth))
        rules = {"name": "CIFAR-10, a demonstration", "deadline": deadline}
        made = create(folder, solution, rules, Split(seed=SEED), clock=clock)
    tokens = {name: teams.add(made, name) for name in TEAMS}
    tokens["tutor"] = access.new_tutor_token(made)
    _enter(made, clock, images, generator, now)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("team", "token"), *tokens.items()])
    write_whole(folder / TOKENS, text.getvalue().encode())
    return tokens


def _enter(made: Competition, clock: ManualClock, images: Images, generator: np.random.Generator, now: int) -> None:
    with made.read_transaction() as connection:
        numbers = {name: teams.by_name(connection, name).id for name in TEAMS}
    moments = []
    for place, name in enumerate(TEAMS):
        ceiling, count = 0.95 - 0.012 * place, int(generator.integers(3, 8))
        for at in sorted(generator.integers(now - DAYS * DAY, now, count)):
            share = float(at - (now - DAYS * DAY)) / (DAYS * DAY)
            moments.append((int(at), name, ceiling - 0.12 * (1 - share) ** 2))
    for at, name, accuracy in sorted(moments):
        clock.at = at
        guess = labels_csv(images.predictions(accuracy, generator))
        entries.submit_bytes(made, numbers[name], guess, name="submission.csv", message="made up")
