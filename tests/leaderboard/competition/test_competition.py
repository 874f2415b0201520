"""What holds for a competition as long as it lives: rules read again, an anchor that agrees with what is stored."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit import anchors
from leaderboard.audit.verification import verify
from leaderboard.competition import entries, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.storage import audit_log, database
from tests.leaderboard.conftest import edited

Make, Entry = Callable[..., Competition], Callable[..., Path]


def edit(competition: Competition, old: str, new: str) -> None:
    path = competition.root / "rules.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def events(competition: Competition) -> list[str]:
    with competition.read_transaction() as connection:
        return list(connection.execute(sa.select(database.audit.c.event).order_by(database.audit.c.number)).scalars())


def test_a_process_that_lives_on_holds_to_the_new_quota(make: Make, entry: Entry) -> None:
    competition = make(daily_quota=5)
    for seed in range(2):
        entries.submit(competition, "a", entry(seed=seed))
    edit(competition, "daily_quota = 5", "daily_quota = 2")
    with pytest.raises(RefusedError, match="2 entries of today"):
        entries.submit(competition, "a", entry(seed=2))
    # The rule that refused is in the log, though the entry is not.
    assert events(competition)[-1] == "rules"
    assert not verify(competition).faults


def test_two_processes_follow_one_file(make: Make, entry: Entry) -> None:
    one = make(daily_quota=5)
    other = Competition(one.root, one.clock)
    edit(one, "daily_quota = 5", "daily_quota = 1")
    entries.submit(one, "a", entry(seed=0))
    with pytest.raises(RefusedError, match="1 entries of today"):
        entries.submit(other, "a", entry(seed=1))
    assert events(one).count("rules") == 1


def test_a_half_written_file_met_under_the_lock_does_no_lasting_harm(make: Make, entry: Entry) -> None:
    competition = make()
    path = competition.root / "rules.toml"
    whole = path.read_text()
    cut = whole[: whole.index('metric = "acc') + len('metric = "acc')]
    path.write_text(cut)
    with pytest.raises(LeaderboardError, match="not TOML"):
        entries.submit(competition, "a", entry(seed=0))
    path.write_text(whole)
    entries.submit(competition, "a", entry(seed=0))
    assert "rules" not in events(competition)
    assert not verify(competition).faults


def test_a_process_that_lives_on_keeps_the_rules_while_an_edit_cannot_be_used(make: Make, entry: Entry) -> None:
    made = make(daily_quota=2)
    competition = Competition(made.root, made.clock, long_running=True)
    whole = (made.root / "rules.toml").read_text()
    for bad in (whole[:100], "", whole.replace("daily_quota = 2", "daily_quota = 0"), whole.replace('"cat"', '"Cat"')):
        (made.root / "rules.toml").write_text(bad)
        competition.log_rules()
        assert competition.rules.daily_quota == 2
        assert competition.rules_problem
    entries.submit(competition, "a", entry(seed=0))
    (made.root / "rules.toml").unlink()
    entries.submit(competition, "a", entry(seed=1))
    (made.root / "rules.toml").write_text(whole.replace("daily_quota = 2", "daily_quota = 3"))
    entries.submit(competition, "a", entry(seed=2))
    assert competition.rules_problem is None
    assert events(competition).count("rules") == 1
    assert not verify(competition).faults
    competition.close()


def test_the_classes_cannot_be_edited(make: Make, entry: Entry) -> None:
    competition = edited(make(), '"dog"]', '"dog", "zebra"]')
    with pytest.raises(LeaderboardError, match="classes can no longer change"):
        entries.submit(competition, "a", entry())
    with pytest.raises(LeaderboardError, match="classes can no longer change"):
        competition.log_rules()


def test_a_bad_text_that_an_older_version_logged_is_recovered_from(make: Make, entry: Entry) -> None:
    competition = make()
    with competition.store.write_transaction() as connection:
        bad = 'name = "cut'
        connection.execute(database.competition.update().values(rules=bad))
        audit_log.append(connection, competition.clock(), "rules", rules=bad)
    entries.submit(competition, "a", entry(seed=0))
    entries.submit(competition, "a", entry(seed=1))
    assert events(competition).count("rules") == 2
    assert not verify(competition).faults


def test_an_edit_while_a_command_waits_for_the_lock_is_applied_and_logged_once(make: Make, entry: Entry) -> None:
    competition = make(daily_quota=5)
    other = Competition(competition.root, competition.clock)
    waiting = threading.Thread(target=teams.add, args=(other, "c"))
    with competition.transaction():
        waiting.start()
        waiting.join(0.2)
        edit(competition, "daily_quota = 5", "daily_quota = 1")
    waiting.join()
    assert other.rules.daily_quota == 1
    assert events(competition)[-2:] == ["rules", "team added"]


def test_what_is_stored_is_acknowledged_though_the_anchor_cannot_be_written(
    make: Make, entry: Entry, monkeypatch, caplog
) -> None:
    competition = make()
    write = os.write
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        broken = competition.anchor.stat().st_ino
        patch.setattr(os, "write", lambda fd, data: write(fd, data[: 3 if os.fstat(fd).st_ino == broken else None]))
        receipt = entries.submit(competition, "a", entry(seed=0))
    assert receipt.submission == 1
    assert "No space left" in caplog.text
    verdict = verify(competition)
    assert not verdict.faults
    assert any("fills it in" in note for note in verdict.notes)
    entries.submit(competition, "a", entry(seed=1))
    verdict = verify(competition)
    assert not verdict.faults
    assert any("lacked 1 entries" in note for note in verdict.notes)
    read = anchors.read(competition.anchor)
    assert not read.faults
    assert [head.count for head in read.heads] == list(range(1, verdict.head.count + 1))


def test_an_anchor_that_someone_shortened_is_filled_in_and_the_log_says_so(make: Make) -> None:
    competition = make()
    competition.anchor.write_text("")
    teams.add(competition, "c")
    verdict = verify(competition)
    assert verdict.faults == ["audit.anchor was emptied: it had lines, and then held none"]
    assert any("lacked 3 entries after entry 0" in note for note in verdict.notes)


def test_a_refused_command_fills_in_nothing(make: Make) -> None:
    competition = make()
    competition.anchor.write_text("")
    with pytest.raises(LeaderboardError):
        teams.add(competition, "a")
    assert competition.anchor.read_text() == ""


def test_the_day_and_the_deadline_are_those_of_the_arrival(make: Make, entry: Entry, clock) -> None:
    midnight = clock.at + 12 * 3_600_000_000
    competition = make(daily_quota=1, deadline="2025-11-25")
    clock.at = midnight + 1_000_000
    receipt = entries.submit(competition, "a", entry(seed=0), arrived=midnight - 1)
    assert (receipt.left, receipt.resets_at) == (0, midnight)
    entries.submit(competition, "a", entry(seed=1))
    clock.at = competition.rules.closes_at + 5_000_000
    entries.submit(competition, "b", entry(seed=0), arrived=competition.rules.closes_at - 1)
    with pytest.raises(RefusedError, match="the deadline has passed"):
        entries.submit(competition, "b", entry(seed=1), arrived=competition.rules.closes_at)
    with competition.read_transaction() as connection:
        at = (
            connection.execute(sa.select(database.submissions.c.at).order_by(database.submissions.c.id)).scalars().all()
        )
    assert at == [midnight - 1, midnight + 1_000_000, competition.rules.closes_at - 1]
    assert not verify(competition).faults
