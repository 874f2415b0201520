"""Time as integer microseconds since 1970 (UTC), and the competition's days in its own timezone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], int]
MICROSECONDS = 1_000_000


def system_clock() -> int:
    return time.time_ns() // 1000


def to_datetime(at: int, timezone: str = "UTC") -> datetime:
    return datetime.fromtimestamp(at // MICROSECONDS, UTC).astimezone(ZoneInfo(timezone))


def from_datetime(moment: datetime) -> int:
    """Microseconds of an aware datetime."""
    return round(moment.timestamp() * MICROSECONDS)


def day_bounds(at: int, timezone: str) -> tuple[int, int]:
    """First moment of the local day that holds `at`, and of the next day: 23 to 25 hours later."""
    zone = ZoneInfo(timezone)
    today = to_datetime(at, timezone).date()
    midnights = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (today, today + timedelta(days=1)))
    start, end = map(from_datetime, midnights)
    return start, end


def shown(at: int, timezone: str) -> str:
    """For people: 2026-11-22 23:59:07 CET."""
    return to_datetime(at, timezone).strftime("%Y-%m-%d %H:%M:%S %Z")


def duration(microseconds: int) -> str:
    """For people: "3 h 12 min", "45 s"."""
    seconds = max(0, microseconds // MICROSECONDS)
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"{hours // 24} days"
