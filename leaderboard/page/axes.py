"""Ticks and labels of plots: round local times in the competition's time zone, round steps, short names."""

from __future__ import annotations

from datetime import datetime, timedelta

from leaderboard.core.clock import find_timezone, from_datetime, to_datetime

_DAY, _MONTH = timedelta(days=1), timedelta(days=31)
# Steps below one day divide the day evenly, so ticks are at the same times every day; weeks begin on Mondays.
STEPS = (
    *(timedelta(seconds=number) for number in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=number) for number in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=number) for number in (1, 2, 3, 6, 12)),
    *(timedelta(days=number) for number in (1, 2, 7, 14, 28, 56, 112, 224, 448, 896, 3_600, 36_000)),
)


def round_times(start: int, end: int, most: int, timezone: str) -> list[tuple[int, str]]:
    """Round times from `start` to `end`, at most `most` of them, each with its text. Times are microseconds since 1970.

    The text is the day at midnight, else hour and minute, with seconds if the ticks are less than a minute apart;
    month and year if they are more than a month apart.
    """
    for step in STEPS:
        if (end - start) / (step / timedelta(microseconds=1)) > most + 1:
            continue
        moments = _multiples(start, end, step, timezone)
        if len(moments) <= most:
            break
    return [(at, _text(to_datetime(at, timezone), step)) for at in moments[:most]]


def _multiples(start: int, end: int, step: timedelta, timezone: str) -> list[int]:
    """The local times from `start` to `end` that are whole steps after midnight, or after a Monday in the past."""
    local = find_timezone(timezone)
    midnight = to_datetime(start, timezone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    first = midnight - (midnight - datetime.min) % step if step > _DAY else midnight
    moments: list[int] = []
    number = (to_datetime(start, timezone).replace(tzinfo=None) - first) // step
    while (at := from_datetime((first + number * step).replace(tzinfo=local))) <= end:
        # A local time that the clocks skip in spring would be there twice.
        if at >= start and at not in moments[-1:]:
            moments.append(at)
        number += 1
    return moments


def _text(moment: datetime, step: timedelta) -> str:
    if step > _MONTH:
        return moment.strftime("%b %Y")
    if not (moment.hour or moment.minute or moment.second):
        return moment.strftime("%d %b")
    return moment.strftime("%H:%M" if step >= timedelta(minutes=1) else "%H:%M:%S")


def nice_step(step: float) -> float:
    """The step rounded up to 1, 2 or 5 times a power of ten."""
    power = 1.0
    while power > step:
        power /= 10
    while power * 10 <= step:
        power *= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * (1 - 1e-9))


def short(text: str, most: int = 24) -> str:
    """The text, cut to `most` characters with an ellipsis if it is longer."""
    return text if len(text) <= most else text[: most - 1] + "…"


def percent(share: float, step: float) -> str:
    """A share (0 to 1) in percent, with as many decimals as ticks at this step (a share) need."""
    return f"{100 * share:.{0 if step >= 0.01 else 1 if step >= 0.001 else 2}f}"
