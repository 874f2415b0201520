"""Two folders without a shared disk, one PostgreSQL: one competition."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, rescoring, rule_edits
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import DATABASE_URL, SUBMISSIONS
from leaderboard.competition.sharing import join, share
from leaderboard.core.errors import LeaderboardError, RefusedError
from tests.leaderboard.conftest import write_csv

Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture
def two(make: Make, entry: Entry, tmp_path: Path, database, clock) -> tuple[Competition, Competition]:
    """A competition with an entry, shared, and another machine's part of it."""
    if database is None:
        pytest.skip("SQLite cannot be shared")
    made = make(daily_quota=100)
    entries.submit(made, "a", entry(seed=0))
    share(made)
    other = join(tmp_path / "other", database)
    return Competition(made.root, clock), Competition(other.root, clock)


def test_a_term_on_two_machines(two, entry: Entry, labels, tmp_path: Path) -> None:
    one, other = two
    assert other.sample.read_bytes() == one.sample.read_bytes()
    for seed in range(1, 6):
        entries.submit((one, other)[seed % 2], "ab"[seed % 2], entry(seed=seed))
    with pytest.raises(RefusedError, match="the same file"):
        entries.submit(other, "a", entry(seed=0))
    # The rules are changed on one, and hold on the other.
    rule_edits.replace(other, other.rules_text().replace("daily_quota = 100", "daily_quota = 4"))
    entries.submit(one, "a", entry(seed=7))
    with pytest.raises(RefusedError, match="4 entries of today"):
        entries.submit(one, "a", entry(seed=8))
    fixed = labels.copy()
    fixed[:9] = "cat"
    rescoring.rescore(one, write_csv(tmp_path / "fixed.csv", fixed))
    entries.submit(other, "b", entry(seed=9))
    for machine in two:
        verdict = verify(machine, again=True)
        assert not verdict.faults
        assert verdict.entries == 8


def test_each_anchor_is_a_witness_of_its_own(two, entry: Entry) -> None:
    one, other = two
    entries.submit(other, "b", entry(seed=1))
    entries.submit(one, "b", entry(seed=2))
    entries.submit(other, "b", entry(seed=3))
    for machine in two:
        assert not verify(machine).faults
        assert not [note for note in verify(machine).notes if "filled in" in note]


def test_a_machine_that_is_lost_loses_nothing(two, entry: Entry, tmp_path: Path, database) -> None:
    one, other = two
    entries.submit(one, "b", entry(seed=1))
    shutil.rmtree(one.root)
    entries.submit(other, "b", entry(seed=2))
    third = join(tmp_path / "third", database)
    assert not list((third.root / SUBMISSIONS).rglob("*.csv"))
    for machine in (other, third):
        verdict = verify(machine, again=True)
        assert [fault for fault in verdict.faults if "audit.anchor is missing" not in fault] == []
        assert verdict.entries == 3


def test_a_backup_of_one_machine_is_a_folder_of_its_own(two, entry: Entry, tmp_path: Path) -> None:
    one, other = two
    entries.submit(one, "b", entry(seed=1))
    entries.submit(other, "b", entry(seed=2))
    backup(other, tmp_path / "backup")
    copy = Competition(tmp_path / "backup")
    assert not copy.shared
    assert not verify(copy, again=True).faults
    assert copy.rules == other.rules


def test_what_cannot_be_shared_or_joined(make: Make, tmp_path: Path, database) -> None:
    made = make()
    if database is None:
        with pytest.raises(LeaderboardError, match="works on one machine"):
            share(made)
        return
    with pytest.raises(LeaderboardError):
        join(tmp_path / "early", database)
    assert not (tmp_path / "early").exists()
    share(made)
    with pytest.raises(LeaderboardError, match="is already shared"):
        share(Competition(made.root))
    with pytest.raises(LeaderboardError, match="not empty"):
        join(made.root, database)
    assert (made.root / DATABASE_URL).read_text() == database
