"""Days of 23, 24 and 25 hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leaderboard.core.clock import day_bounds, format_deadline, format_duration, format_time, from_datetime


@pytest.mark.parametrize(
    ("moment", "timezone", "start", "hours"),
    [
        ("2026-11-22T12:00", "UTC", "2026-11-22T00:00", 24),
        ("2026-11-22T23:30", "Europe/Berlin", "2026-11-22T23:00", 24),
        ("2026-03-29T12:00", "Europe/Berlin", "2026-03-28T23:00", 23),
        ("2026-10-25T12:00", "Europe/Berlin", "2026-10-24T22:00", 25),
        ("2026-10-25T00:30", "Europe/Berlin", "2026-10-24T22:00", 25),
        ("2026-11-22T12:00", "Pacific/Auckland", "2026-11-22T11:00", 24),
    ],
)
def test_the_day_is_the_timezones(moment: str, timezone: str, start: str, hours: int) -> None:
    at, first = (from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC)) for text in (moment, start))
    assert day_bounds(at, timezone) == (first, first + hours * 3_600_000_000)


def test_anywhere_on_earth_a_day_ends_last() -> None:
    noon = from_datetime(datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert day_bounds(noon, "AoE") == (noon, noon + 24 * 3_600_000_000)
    assert format_time(noon, "aoe") == "2026-11-22 00:00:00 AoE"


@pytest.mark.parametrize(
    ("closes", "timezone", "text"),
    [
        ("2026-12-20T17:00", "Europe/Berlin", "2026-12-20 18:00 CET"),
        ("2026-12-20T23:00", "Europe/Berlin", "the end of 2026-12-20 (CET)"),
        ("2026-12-20T17:00:30", "UTC", "2026-12-20 17:00:30 UTC"),
        ("2026-12-21T12:00", "AoE", "the end of 2026-12-20 (AoE)"),
    ],
)
def test_a_deadline_names_its_zone(closes: str, timezone: str, text: str) -> None:
    assert format_deadline(from_datetime(datetime.fromisoformat(closes).replace(tzinfo=UTC)), timezone) == text


def test_for_people() -> None:
    at = from_datetime(datetime(2026, 11, 22, 22, 59, 7, tzinfo=UTC))
    assert format_time(at, "Europe/Berlin") == "2026-11-22 23:59:07 CET"
    assert [format_duration(s * 1_000_000) for s in (-1, 59, 60, 3600 * 3 + 720, 3600 * 72)] == [
        "0 s",
        "59 s",
        "1 min",
        "3 h 12 min",
        "3 days",
    ]
