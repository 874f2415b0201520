"""Attempts with older states: backups and databases put back, files mixed, a competition that goes on twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, lifecycle, picks, rescoring, teams
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import solution_path
from tests.leaderboard.conftest import TickingClock, write_csv

Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def old_and_new(make: Make, entry: Entry, tmp_path: Path) -> tuple[Competition, Competition]:
    """A backup, and the competition three entries later."""
    new = make()
    entries.submit(new, "a", entry(seed=1))
    backup(new, tmp_path / "old")
    for team, seed in (("b", 2), ("a", 3), ("b", 4)):
        entries.submit(new, team, entry(seed=seed))
    new.close()
    return Competition(tmp_path / "old", new.clock), new


def put_back(old: Competition, new: Competition, *names: str) -> Competition:
    """Files of the backup over those of the competition."""
    for path in new.root.glob("leaderboard.db-*"):
        path.unlink()
    for name in names:
        source, target = old.root / name, new.root / name
        if source.is_dir():
            shutil.rmtree(target)
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    return Competition(new.root, new.clock)


MIXED = {
    "the database alone": (["leaderboard.db"], "entry 7 was written and is missing"),
    "the anchor alone": (["audit.anchor"], "was shortened"),
    "the stored files alone": (["submissions"], "is missing"),
    "the database and the files": (["leaderboard.db", "submissions"], "was written and is missing"),
    "the anchor and the files": (["audit.anchor", "submissions"], "was shortened"),
}


@pytest.mark.parametrize("kind", MIXED)
def test_parts_of_an_older_backup_are_found(old_and_new, kind: str) -> None:
    names, fault = MIXED[kind]
    mixed = put_back(*old_and_new, *names)
    assert any(fault in found for found in verify(mixed).faults)


def test_a_whole_older_backup_is_found_by_a_noted_head_alone(old_and_new, entry: Entry) -> None:
    """Documented: the folder cannot know that it is old. A head on a page that someone saved does."""
    noted = verify(old_and_new[1]).head
    mixed = put_back(*old_and_new, "leaderboard.db", "audit.anchor", "submissions")
    assert verify(mixed).faults == []
    assert verify(mixed, noted).faults == ["the log ends at entry 4; entry 7 was written and is missing"]
    for seed in range(10, 13):
        entries.submit(mixed, "a", entry(seed=seed))
    assert verify(mixed).faults == []
    assert verify(mixed, noted).faults == ["entry 7 is not the one that was written: the anchor has another hash"]


def test_an_older_database_that_goes_on_is_found_for_ever(old_and_new, entry: Entry) -> None:
    mixed = put_back(*old_and_new, "leaderboard.db")
    for seed in range(10, 15):
        entries.submit(mixed, "a" if seed % 2 else "b", entry(seed=seed))
        assert verify(mixed).faults


def test_rules_put_back_are_an_edit_like_any_other(old_and_new, entry: Entry) -> None:
    old, new = old_and_new
    path = new.root / "rules.toml"
    path.write_text(path.read_text().replace("daily_quota = 5", "daily_quota = 9"))
    entries.submit(Competition(new.root, new.clock), "a", entry(seed=5))
    mixed = put_back(old, new, "rules.toml")
    assert "rules.toml was edited" in verify(mixed).notes[0]
    mixed.log_rules()
    verdict = verify(mixed)
    assert (verdict.faults, verdict.notes) == ([], [])


def test_labels_put_back_after_a_rescore_are_found(make: Make, entry: Entry, labels, tmp_path: Path) -> None:
    competition = make()
    entries.submit(competition, "a", entry(seed=1))
    fixed = labels.copy()
    fixed[:5] = "cat"
    rescoring.rescore(competition, write_csv(tmp_path / "fixed.csv", fixed))
    first, second = (solution_path(competition.root, number) for number in (0, 1))
    second.write_bytes(first.read_bytes())
    tried = Competition(competition.root, competition.clock)
    assert "solution-1.csv was changed by hand" in verify(tried, again=True).faults[0]


@pytest.mark.parametrize("act", ["reveal", "freeze", "disable", "pick"])
def test_an_act_that_is_undone_by_an_older_database_is_found(make: Make, entry: Entry, tmp_path: Path, act) -> None:
    competition = make()
    entries.submit(competition, "a", entry(seed=1))
    backup(competition, tmp_path / "old")
    {
        "reveal": lambda: (lifecycle.set_frozen(competition, True), lifecycle.reveal(competition)),
        "freeze": lambda: lifecycle.set_frozen(competition, True),
        "disable": lambda: teams.set_disabled(competition, "a", True),
        "pick": lambda: picks.select(competition, "a", [1]),
    }[act]()
    competition.close()
    mixed = put_back(Competition(tmp_path / "old", competition.clock), competition, "leaderboard.db")
    assert any("was written and is missing" in fault for fault in verify(mixed).faults)


def test_a_folder_copied_while_it_is_at_work_opens(old_and_new, tmp_path: Path) -> None:
    """`cp -a` instead of `backup`: with its write-ahead log it is whole, without it the anchor is ahead."""
    new = old_and_new[1]
    with new.read_transaction():
        shutil.copytree(new.root, tmp_path / "copy")
    assert verify(Competition(tmp_path / "copy", new.clock), again=True).faults == []
