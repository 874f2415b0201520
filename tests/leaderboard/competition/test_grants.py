"""Further entries and later deadlines for one team."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, grants, lifecycle, picks, quota, teams
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.storage import database
from tests.leaderboard.conftest import HOUR, ManualClock

Make, Entry = Callable[..., Competition], Callable[..., Path]
DAY = 24 * HOUR


def left(competition: Competition, team: str = "a") -> int:
    with competition.read_transaction() as connection:
        row = teams.by_name(connection, team)
        return quota.day_quota(competition, connection, row.id, competition.clock()).left


def enter(competition: Competition, entry: Entry, seed: int, team: str = "a") -> entries.Receipt:
    return entries.submit(competition, team, entry(seed=seed))


def used(competition: Competition) -> dict[int, int]:
    return {row["grant"]: row["used"] for row in grants.grant_rows(competition)}


def test_granted_entries_follow_the_daily_quota_and_are_used_once(make: Make, entry: Entry, clock: ManualClock) -> None:
    competition = make(daily_quota=2)
    grants.give(competition, "a", 2, "2025-11-30", "ill")
    assert (left(competition), left(competition, "b")) == (4, 2)
    receipts = [enter(competition, entry, seed) for seed in (1, 2, 3)]
    assert [(receipt.left, receipt.granted) for receipt in receipts] == [(3, 2), (2, 2), (1, 1)]
    assert used(competition) == {1: 1}
    clock.at += DAY
    assert left(competition) == 3
    for seed in (4, 5, 6):
        enter(competition, entry, seed)
    with pytest.raises(RefusedError, match="used its 2 entries of today"):
        enter(competition, entry, 7)
    clock.at += DAY
    assert left(competition) == 2
    assert verify(competition).faults == []


def test_no_more_is_left_than_is_allowed(make: Make, entry: Entry) -> None:
    competition = make(daily_quota=2)

    def day() -> quota.DayQuota:
        with competition.read_transaction() as connection:
            return quota.day_quota(competition, connection, teams.by_name(connection, "a").id, competition.clock())

    grants.give(competition, "a", 2, "2025-11-30", "ill")
    seen = [(day().left, day().allowed)]
    for seed in (1, 2, 3, 4):
        enter(competition, entry, seed)
        seen.append((day().left, day().allowed))
    assert seen == [(4, 4), (3, 4), (2, 4), (1, 3), (0, 2)]


def test_the_grant_that_ends_first_is_used_first_and_ends(make: Make, entry: Entry, clock: ManualClock) -> None:
    competition = make(daily_quota=1)
    grants.give(competition, "a", 1, "2025-11-30", "later")
    grants.give(competition, "a", 2, "2025-11-24T20:00", "first")
    for seed in (1, 2):
        enter(competition, entry, seed)
    assert used(competition) == {1: 0, 2: 1}
    clock.at += 8 * HOUR  # 20:00
    assert left(competition) == 1
    enter(competition, entry, 3)
    assert used(competition) == {1: 1, 2: 1}


def test_a_later_deadline_is_for_one_team_and_its_picks(make: Make, entry: Entry, clock: ManualClock) -> None:
    competition = make(deadline="2025-11-24 13:00")
    enter(competition, entry, 1)
    grants.give(competition, "a", 0, "2025-11-24T15:00", "ill")
    clock.at += 2 * HOUR - 1
    enter(competition, entry, 2)
    picks.select(competition, "a", [1])
    with pytest.raises(RefusedError, match="deadline"):
        enter(competition, entry, 3, "b")
    with pytest.raises(LeaderboardError, match="'a' may enter until 2025-11-24 15:00:00 UTC"):
        lifecycle.reveal(competition)
    clock.at += HOUR + 1  # 15:00
    with pytest.raises(RefusedError, match="deadline"):
        enter(competition, entry, 4)
    lifecycle.reveal(competition)


def test_a_freeze_holds_for_all(make: Make, entry: Entry) -> None:
    competition = make()
    grants.give(competition, "a", 5, "2025-11-30", "ill")
    lifecycle.set_frozen(competition, True)
    with pytest.raises(RefusedError, match="frozen"):
        enter(competition, entry, 1)
    assert lifecycle.reveal(competition) == []


def test_a_revoked_grant_gives_nothing_and_its_entries_stay(make: Make, entry: Entry, tmp_path: Path) -> None:
    competition = make(daily_quota=1)
    grants.give(competition, "a", 3, "2025-11-30", "ill")
    for seed in (1, 2):
        enter(competition, entry, seed)
    grants.revoke(competition, 1)
    assert left(competition) == 0
    for number, told in ((1, "is already revoked"), (7, "grant 7 does not exist")):
        with pytest.raises(LeaderboardError, match=told):
            grants.revoke(competition, number)
    assert verify(competition).faults == []
    backup(competition, tmp_path / "copy")
    assert verify(Competition(tmp_path / "copy")).faults == []


@pytest.mark.parametrize(
    ("entries_", "until", "reason", "told"),
    [
        (-1, "2025-11-30", "x", "--entries -1"),
        (1, "soon", "x", "--until 'soon'"),
        (1, "", "x", "--until ''"),
        (1, "2025-11-24T11:00", "x", "is in the past"),
        (0, "2025-11-25", "x", "not after the deadline"),
        (1, "2025-11-30", " ", "--reason"),
    ],
)
def test_a_grant_that_would_change_nothing(make: Make, entries_: int, until: str, reason: str, told: str) -> None:
    competition = make(deadline="2025-11-26")
    with pytest.raises(LeaderboardError, match=told):
        grants.give(competition, "a", entries_, until, reason)


CHANGES = {
    "more entries": database.grants.update().values(entries=9),
    "a later end": database.grants.update().values(until=database.grants.c.until + 1),
    "another team": database.grants.update().values(team_id=2),
    "a revocation": database.grants.update().values(revoked_at=1),
    "a use taken back": database.grant_uses.delete(),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_grant_changed_in_the_database_is_found(make: Make, entry: Entry, kind: str) -> None:
    competition = make(daily_quota=1)
    grants.give(competition, "a", 2, "2025-11-30", "ill")
    for seed in (1, 2):
        enter(competition, entry, seed)
    with competition.store.engine.begin() as connection:
        connection.execute(CHANGES[kind])
    assert verify(competition).faults
