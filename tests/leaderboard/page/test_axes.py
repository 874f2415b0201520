from datetime import UTC, datetime

import pytest

from leaderboard.core.clock import from_datetime, to_datetime
from leaderboard.page.axes import nice_step, percent, round_times, short


def at(*moment: int) -> int:
    return from_datetime(datetime(*moment, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "end", "texts"),
    [
        ((2026, 11, 2, 9, 13, 7), (2026, 11, 2, 9, 13, 48), ["10:13:10", "10:13:20", "10:13:30", "10:13:40"]),
        ((2026, 11, 2, 9, 13, 7), (2026, 11, 2, 12), ["11:00", "12:00", "13:00"]),
        ((2026, 11, 20, 9), (2026, 11, 21, 20), ["12:00", "21 Nov", "12:00"]),
        ((2026, 11, 2, 9), (2026, 11, 30, 3), ["09 Nov", "16 Nov", "23 Nov", "30 Nov"]),  # Mondays
        ((2026, 1, 5), (2027, 1, 1), ["Feb 2026", "May 2026", "Sep 2026"]),
    ],
)
def test_round_times_of_the_local_clock(start: tuple, end: tuple, texts: list[str]) -> None:
    assert [text for _, text in round_times(at(*start), at(*end), 5, "Europe/Vienna")] == texts


@pytest.mark.parametrize(
    ("start", "end"),
    [((2026, 3, 28, 23, 10), (2026, 3, 29, 6)), ((2026, 10, 24, 21, 10), (2026, 10, 25, 6))],
    ids=["an hour is skipped", "an hour comes twice"],
)
@pytest.mark.parametrize("most", [2, 3, 5, 9])
def test_days_on_which_the_clocks_change(start: tuple, end: tuple, most: int) -> None:
    ticks = round_times(at(*start), at(*end), most, "Europe/Vienna")
    moments = [moment for moment, _ in ticks]
    assert 1 <= len(ticks) <= most
    assert moments == sorted(set(moments))
    assert all(text == to_datetime(m, "Europe/Vienna").strftime("%H:%M") for m, text in ticks if "Oct" not in text)


@pytest.mark.parametrize("most", [1, 2, 3, 5])
@pytest.mark.parametrize("power", range(5, 16))
def test_some_and_not_too_many_whatever_the_span(most: int, power: int) -> None:
    start = at(2026, 11, 2, 9, 13, 7) + 1
    ticks = round_times(start, start + 3 * 10**power, most, "Asia/Kathmandu")
    assert len(ticks) <= most
    assert all(start <= moment <= start + 3 * 10**power for moment, _ in ticks)
    if 6 < power < 14 and most > 2:
        assert len(ticks) > 1


def test_a_span_without_a_whole_second_has_none() -> None:
    start = at(2026, 11, 2, 9, 13, 7)
    assert round_times(start + 1, start + 500_000, 5, "UTC") == []


def test_steps_and_texts() -> None:
    assert [nice_step(step) for step in (0.0011, 0.3, 1, 4, 7, 70)] == pytest.approx([0.002, 0.5, 1, 5, 10, 100])
    assert [percent(0.945, step) for step in (0.01, 0.005, 0.0005)] == ["94", "94.5", "94.50"]
    assert short("x" * 30, 10) == "x" * 9 + "…"
