"""A large competition, filled without judging a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from leaderboard.benchmark.files import SEED, write_pair
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import create
from leaderboard.storage import database

TEAMS, ENTRIES = 500, 20_000


def seeded_competition(root: Path) -> Competition:
    """A competition whose database is filled directly: 500 teams, 20,000 entries on 3,000 public rows."""
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
    with made.store.write_transaction() as connection:
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
