"""The plot: its time axis to the deadline, the baselines, and the own line on top."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from leaderboard.core.clock import HOUR
from leaderboard.page import progress
from leaderboard.page.board import Board, Place
from leaderboard.scoring.score import Score
from leaderboard.standings.ranking import Entry
from tests.leaderboard.conftest import NOON

DAY = 24 * HOUR


def place(number: int, score: float, *, ranked: bool = True) -> Place:
    return Place(
        rank=number if ranked else None,
        team=f"team {number}" if ranked else f"base {number}",
        key=f"key {number}",
        team_id=number,
        score=score,
        low=score,
        high=score,
        entries=2,
        at=NOON,
        group=number if ranked else None,
        change=None,
        public_score=score,
        number=number,
    )


@pytest.fixture
def board() -> Board:
    """Twenty teams at 90 % and below, with two entries over four days; baselines at 60 % and 10 %."""
    places = [place(n, 0.90 - 0.01 * n) for n in range(1, 21)]
    places += [place(21, 0.82, ranked=False), place(22, 0.1, ranked=False)]
    entries = [
        Entry(
            2 * p.team_id + late,
            p.team_id,
            NOON + late * 4 * DAY,
            Score(int(1000 * p.score) - 30 * (1 - late), 1000),
            True,
            False,
        )
        for p in places
        for late in (0, 1)
    ]
    return Board(
        title="x",
        metric="accuracy",
        status="Open",
        final=False,
        places=places,
        entries=entries,
        updated_at=NOON + 5 * DAY,
        updated="",
        deadline="",
        closes_at=NOON + 10 * DAY,
        still_since=None,
        still="",
        without_entry=[],
        rules=[],
        rules_german=[],
        top_only=False,
        timezone="UTC",
        rows=1000,
        head=None,
        identity="",
    )


def draw(board: Board, frame=progress.WIDE, own: str | None = None) -> progress.Plot:
    plot = progress.draw(board, board.ranked, frame, own)
    assert plot is not None
    return plot


@pytest.mark.parametrize("frame", [progress.WIDE, progress.NARROW])
def test_the_time_axis_reaches_to_the_deadline_and_the_lines_to_now(board: Board, frame) -> None:
    plot = draw(board, frame)
    right = frame.width - frame.right
    assert plot.deadline == right
    assert plot.now == pytest.approx(frame.left + (right - frame.left) / 2, abs=0.1)
    assert all(line.path.endswith(f"H{plot.now}") for line in plot.lines)
    # Ticks beyond now, as the calendar has them.
    assert plot.x_ticks[-1].at > plot.now


def test_after_the_deadline_the_axis_ends_with_it(board: Board) -> None:
    plot = draw(replace(board, updated_at=NOON + 30 * DAY))
    assert (plot.now, plot.deadline) == (None, progress.WIDE.width - progress.WIDE.right)
    # Entries that a grant allowed later are on the plot.
    later = replace(board, closes_at=NOON + 3 * DAY, updated_at=NOON + 30 * DAY)
    assert draw(later).deadline == pytest.approx(progress.WIDE.left + 740 * 3 / 4, abs=1)


def test_a_deadline_far_off_does_not_squeeze_the_first_days(board: Board) -> None:
    plot = draw(replace(board, closes_at=NOON + 1000 * DAY))
    assert plot.deadline is None
    assert plot.now == pytest.approx(progress.WIDE.left + 740 / progress.MAX_STRETCH, abs=1)


def test_what_was_frozen_before_its_deadline_ends_there(board: Board) -> None:
    plot = draw(replace(board, status="Frozen", updated_at=NOON + 6 * DAY))
    assert (plot.now, plot.deadline) == (None, None)


def test_without_a_deadline_the_axis_ends_soon_after_the_last_entry(board: Board) -> None:
    plot = draw(replace(board, closes_at=None, updated_at=NOON + 300 * DAY))
    assert (plot.now, plot.deadline) == (None, None)


def test_baselines_are_lines_unless_they_would_flatten_the_others(board: Board) -> None:
    plot = draw(board)
    assert [tick.text for tick in plot.baselines] == ["base 21 82.00 %"]
    assert progress.WIDE.top < plot.baselines[0].at < progress.WIDE.height - progress.WIDE.bottom
    assert plot.beyond == "base 22 10.00 %"


def test_every_team_has_a_line_and_the_own_line_is_on_top_with_a_name(board: Board) -> None:
    plot = draw(board)
    assert len(plot.lines) == 20
    assert sum(line.label_y is not None for line in plot.lines) == progress.NAMED
    assert plot.lines[-1].name == "team 1"
    own = draw(board, own="key 17")
    assert (own.lines[-1].name, own.lines[-1].own) == ("team 17", True)
    assert own.lines[-1].label_y is not None
    assert len({(line.colour, line.dash) for line in own.lines}) == 20


def test_the_own_curve_is_on_the_plot_however_far_below(board: Board) -> None:
    last = replace(place(30, 0.3), rank=21)
    entries = [Entry(900 + n, 30, NOON + n * DAY, Score(100 + 100 * n, 1000), True, False) for n in range(3)]
    places = [*board.places, last]
    plot = draw(replace(board, places=places, entries=[*board.entries, *entries]), own="key 30")
    heights = [float(y) for y in re.findall(r"V([\d.]+)", plot.lines[-1].path)]
    floor = progress.WIDE.height - progress.WIDE.bottom
    assert max(heights) < floor
    assert plot.lines[-1].label_y < floor


def test_while_the_board_stands_still_the_lines_end_there(board: Board) -> None:
    plot = draw(replace(board, still_since=NOON + 4 * DAY, updated_at=NOON + 8 * DAY))
    assert plot.now == pytest.approx(progress.WIDE.left + 740 * 0.4, abs=0.1)
