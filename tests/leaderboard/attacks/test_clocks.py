"""Attempts on the clock: the deadline to the microsecond, changes of clocks, leap days, a clock that is set back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, grants, picks
from leaderboard.competition.competition import Competition
from leaderboard.competition.rules import Rules
from leaderboard.core.clock import day_bounds, from_datetime
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.standings.places import public_places
from tests.leaderboard.conftest import HOUR, NOON, ManualClock

Make, Entry = Callable[..., Competition], Callable[..., Path]


def moment(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


DEADLINES = {
    "a plain one": ("2026-12-20 18:00", "UTC", "2026-12-20T18:00:00"),
    "with seconds": ("2026-12-20 18:00:07", "UTC", "2026-12-20T18:00:07"),
    "a day": ("2026-12-20", "Europe/Berlin", "2026-12-20T23:00:00"),
    "the last minute of a day": ("2026-12-20 23:59", "Europe/Berlin", "2026-12-20T23:00:00"),
    "anywhere on Earth": ("2026-12-20 AoE", "Europe/Berlin", "2026-12-21T12:00:00"),
    "an hour that is skipped": ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30:00"),
    "an hour that comes twice": ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T01:30:00"),
    "a day whose midnight is skipped": ("2026-03-28", "Asia/Beirut", "2026-03-28T22:00:00"),
    "the leap day": ("2028-02-29", "UTC", "2028-03-01T00:00:00"),
    "the end of a year": ("2026-12-31", "Pacific/Auckland", "2026-12-31T11:00:00"),
}


@pytest.mark.parametrize("kind", DEADLINES)
def test_the_deadline_holds_to_the_microsecond(make: Make, entry: Entry, clock: ManualClock, kind: str) -> None:
    deadline, timezone, closes = DEADLINES[kind]
    competition = make(deadline=deadline, timezone=timezone)
    clock.at = moment(closes) - 1
    assert entries.submit(competition, "a", entry(seed=1)).submission == 1
    picks.select(competition, "a", [1])
    clock.at += 1
    for act in (lambda: entries.submit(competition, "a", entry(seed=2)), lambda: picks.select(competition, "a", [])):
        with pytest.raises(RefusedError, match="the deadline has passed"):
            act()
    assert verify(competition).faults == []


@pytest.mark.parametrize(
    "deadline",
    ["2027-02-29", "2026-02-30 10:00", "2026-12-20 24:01", "2026-12-20 23:59:60", "0000-01-01", "9999-12-31"],
)
def test_a_moment_that_never_comes_is_refused(deadline: str) -> None:
    with pytest.raises(LeaderboardError, match="write it as 2026-12-20 18:00"):
        Rules(name="n", classes=("a", "b"), deadline=deadline)


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Beirut", "Africa/Cairo", "America/Havana", "Asia/Kathmandu")
ODD_ZONES = ("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Atlantic/Azores", "America/Santiago", "AoE")


@pytest.mark.parametrize("zone", [*ZONES, *ODD_ZONES])
def test_days_of_the_quota_meet_without_a_gap(zone: str) -> None:
    """Each moment of two years lies in its day, and each day begins where the one before it ends."""
    at, until = moment("2025-12-30"), moment("2028-01-02")
    before = day_bounds(at, zone)
    while at < until:
        start, end = day_bounds(at, zone)
        assert start <= at < end <= start + 26 * HOUR
        assert (start, end) == before or start == before[1]
        before, at = (start, end), at + HOUR // 2


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_of_23_or_25_hours_gives_one_quota(
    make: Make, entry: Entry, clock: ManualClock, day: str, hours: int
) -> None:
    competition = make(timezone="Europe/Berlin", daily_quota=2)
    first = moment(day) - (HOUR if hours == 23 else 2 * HOUR)
    for seed, at in enumerate((first, first + hours * HOUR - 1)):
        clock.at = at
        entries.submit(competition, "a", entry(seed=seed))
    with pytest.raises(RefusedError, match="has used its 2 entries of today: the next day begins in 0 s"):
        entries.submit(competition, "a", entry(seed=7))
    clock.at += 1
    assert entries.submit(competition, "a", entry(seed=7)).left == 1


@pytest.mark.parametrize("back", [1, HOUR, 24 * HOUR, 400 * 24 * HOUR])
def test_a_clock_that_is_set_back_changes_no_order_and_no_fault(
    make: Make, entry: Entry, clock: ManualClock, back: int
) -> None:
    competition = make()
    assert entries.submit(competition, "a", entry(seed=1)).submission == 1
    clock.at -= back
    assert entries.submit(competition, "b", entry(seed=1)).submission == 2
    with competition.read_transaction() as connection:
        places = public_places(connection, "earlier", before=None)
    assert [(place.rank, place.team.name) for place in places] == [(1, "a"), (2, "b")], "the earlier number wins"
    assert verify(competition, again=True).faults == []


def test_a_clock_that_is_set_back_over_midnight_gives_no_quota_twice(
    make: Make, entry: Entry, clock: ManualClock
) -> None:
    competition = make(daily_quota=1)
    entries.submit(competition, "a", entry(seed=1))
    clock.at += 24 * HOUR
    entries.submit(competition, "a", entry(seed=2))
    clock.at -= 24 * HOUR
    with pytest.raises(RefusedError, match="has used its 1 entries"):
        entries.submit(competition, "a", entry(seed=3))


@pytest.mark.parametrize("at", [0, 1, moment("1971-01-01"), moment("2100-03-01"), moment("9000-01-01")])
def test_a_machine_without_a_clock_takes_entries(make: Make, entry: Entry, clock: ManualClock, at: int) -> None:
    competition = make(timezone="America/New_York")
    clock.at = at
    assert entries.submit(competition, "a", entry(seed=1)).submission == 1
    assert verify(competition).faults == []


def test_a_grant_ends_to_the_microsecond(make: Make, entry: Entry, clock: ManualClock) -> None:
    competition = make(deadline="2025-11-24 13:00")
    grants.give(competition, "a", entries=1, until="2025-11-24 15:00", reason="ill")
    clock.at = moment("2025-11-24T15:00:00") - 1
    assert entries.submit(competition, "a", entry(seed=1)).submission == 1
    clock.at += 1
    with pytest.raises(RefusedError, match="the deadline has passed"):
        entries.submit(competition, "a", entry(seed=2))


def test_an_arrival_in_the_last_microsecond_is_in_time_however_long_it_waits(
    make: Make, entry: Entry, clock: ManualClock
) -> None:
    competition = make(deadline="2025-11-24 13:00")
    clock.at = NOON + 3 * HOUR
    last = NOON + HOUR - 1
    assert entries.submit(competition, "a", entry(seed=1), arrived=last).submission == 1
    with pytest.raises(RefusedError):
        entries.submit(competition, "a", entry(seed=2), arrived=last + 1)
