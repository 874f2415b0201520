"""SIGKILL at every moment: no accepted entry is lost, none is half there, and going on works."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import entries
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import RefusedError
from leaderboard.storage import database

SCRIPT = Path(__file__).with_name("submit_until_killed.py")


def run(competition: Competition, moment: int, files: list[Path]) -> tuple[list[int], int]:
    """Entries that were promised, and how many moments there were (0 when killed)."""
    command = [sys.executable, str(SCRIPT), str(competition.root), str(moment), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -9), done.stderr
    lines = done.stdout.split("\n")[:-1]
    return [int(line) for line in lines if line.isdecimal()], int(lines[-1].split()[1]) if done.returncode == 0 else 0


def kept_and_sent_again(competition: Competition, files: list[Path]) -> list[int]:
    """The entries that are there, each with its scores; then the files that are missing are sent."""
    with competition.read_transaction() as connection:
        kept = (
            connection.execute(sa.select(database.submissions.c.id).order_by(database.submissions.c.id)).scalars().all()
        )
        scored = connection.execute(sa.select(database.private_scores.c.submission_id)).scalars().all()
    assert sorted(scored) == kept
    assert not verify(competition).faults
    for path in files[len(kept) :]:
        entries.submit(competition, "a", path)
    for path in files:
        with pytest.raises(RefusedError, match="the same file"):
            entries.submit(competition, "a", path)
    return kept


@pytest.mark.timeout(120)
@pytest.mark.parametrize("part", range(3))
def test_killed_at_some_moments(make: Callable[..., Competition], entry: Callable[..., Path], part: int) -> None:
    competition = make(daily_quota=1000)
    files = [entry(seed=seed) for seed in range(3)]
    moment = random.Random(part).randrange(1 + 12 * part, 12 * (part + 1))
    promised, _ = run(competition, moment, files)
    kept = kept_and_sent_again(competition, files)
    assert kept[: len(promised)] == promised
    # The entry in work at the end may have been kept without its number being told.
    assert len(kept) <= len(promised) + 1
    assert not verify(competition).faults


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_every_moment(make: Callable[..., Competition], entry: Callable[..., Path]) -> None:
    competition = make(daily_quota=1000)
    total, moment = 1, 1
    seeds = iter(range(10_000))
    while total:
        with competition.read_transaction() as connection:
            before = connection.execute(sa.select(sa.func.count()).select_from(database.submissions)).scalar_one()
        files = [entry(seed=next(seeds)) for _ in range(2)]
        promised, survived = run(competition, moment, files)
        assert promised == list(range(before + 1, before + 1 + len(promised)))
        with competition.read_transaction() as connection:
            after = connection.execute(sa.select(sa.func.count()).select_from(database.submissions)).scalar_one()
        assert before + len(promised) <= after <= before + len(promised) + 1
        assert not verify(competition).faults
        total, moment = 0 if survived else 1, moment + 1
    assert moment > 20
