"""Time as integer microseconds since 1970 (UTC), and the competition's days in its own timezone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as tzinfo_of_offset
from zoneinfo import ZoneInfo

Clock = Callable[[], int]
MICROSECONDS = 1_000_000
HOUR = 3600 * MICROSECONDS
TIME_FORMAT = "%Y-%m-%d %H:%M:%S %Z"


# "Anywhere on Earth": a day ends when it has ended everywhere.
AOE = tzinfo_of_offset(timedelta(hours=-12), "AoE")


def find_timezone(name: str) -> tzinfo:
    """A timezone by name, such as Europe/Berlin or AoE. Raises ZoneInfoNotFoundError, ValueError or OSError."""
    return AOE if name.casefold() == "aoe" else ZoneInfo(name)


_simulated: ContextVar[Clock | None] = ContextVar("simulated", default=None)


def system_clock() -> int:
    """Now, in microseconds since 1970 (UTC), or the time of the clock that `use_clock` has set."""
    clock = _simulated.get()
    return time.time_ns() // 1000 if clock is None else clock()


@contextmanager
def use_clock(clock: Clock) -> Iterator[None]:
    """Inside the block, `system_clock` gives the time of `clock`, in this thread only: for a rehearsal."""
    token = _simulated.set(clock)
    try:
        yield
    finally:
        _simulated.reset(token)


def to_datetime(at: int, timezone: str = "UTC") -> datetime:
    return datetime.fromtimestamp(at // MICROSECONDS, UTC).astimezone(find_timezone(timezone))


def from_datetime(moment: datetime) -> int:
    """Microseconds of an aware datetime."""
    return round(moment.timestamp() * MICROSECONDS)


def day_bounds(at: int, timezone: str) -> tuple[int, int]:
    """The start of the local day that contains `at`, and the start of the next day, 23 to 25 hours later."""
    today, local = to_datetime(at, timezone).date(), find_timezone(timezone)
    midnights = (datetime(day.year, day.month, day.day, tzinfo=local) for day in (today, today + timedelta(days=1)))
    start, end = map(from_datetime, midnights)
    return start, end


def format_time(at: int, timezone: str) -> str:
    """A time for people to read: 2026-11-22 23:59:07 CET."""
    return to_datetime(at, timezone).strftime(TIME_FORMAT)


def format_deadline(closes: int, timezone: str, day: str = "%Y-%m-%d") -> str:
    """A deadline for people to read: "2026-12-20 18:00 CET", or for midnight "the end of 2026-12-20 (CET)"."""
    moment = to_datetime(closes, timezone)
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return to_datetime(closes - MICROSECONDS, timezone).strftime(f"the end of {day} (%Z)")
    return moment.strftime(f"{day} %H:%M:%S %Z" if moment.second else f"{day} %H:%M %Z")


def format_duration(microseconds: int) -> str:
    """A duration for people to read: "3 h 12 min", "45 s"."""
    seconds = max(0, microseconds // MICROSECONDS)
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"{hours // 24} days"
