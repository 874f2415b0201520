"""Geometry of the progress plot: each team's best score over time, as SVG paths."""

from __future__ import annotations

from dataclasses import dataclass

from leaderboard.page.board import Board, Place, Series
from leaderboard.page.timeaxis import round_times

NAMED, FAINT = 8, 40
LABEL_HEIGHT, LONGEST_LABEL = 18, 20
DIGIT_WIDTH = 8
WIDEST_TIME = DIGIT_WIDTH * len("23:59:59")


@dataclass(frozen=True)
class Frame:
    """Size of the drawing and of the margins around the plot, in SVG units."""

    key: str
    width: int
    height: int
    left: int
    right: int
    ticks: int
    top: int = 16
    bottom: int = 34


# Names stand at the lines' ends where there is room; on a phone a list below the plot has them.
WIDE = Frame("wide", 960, 360, 52, 168, ticks=5)
NARROW = Frame("narrow", 380, 260, 48, 6, ticks=3)


@dataclass(frozen=True)
class Line:
    """One team's steps: an SVG path, and where its label stands (None for a faint line)."""

    name: str
    path: str
    colour: int
    label_y: float | None


@dataclass(frozen=True)
class Tick:
    """A position on an axis and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Plot:
    """All that the template draws."""

    frame: Frame
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


def draw(board: Board, places: list[Place], frame: Frame) -> Plot | None:
    """The plot of the places given; None before there are two moments to draw."""
    series = {place.key: board.best_so_far[place.team_id] for place in places[: NAMED + FAINT]}
    moments = [at for points in series.values() for at, _ in points]
    if not moments or max(moments) == min(moments):
        return None
    scale = _Scale(frame, series, list(series)[:NAMED], board.updated_at)
    shown = [(place, series[place.key]) for place in places[: NAMED + FAINT]]
    ends = [scale.y(points[-1][1]) for _, points in shown[:NAMED]]
    labels: list[float | None] = [*_apart(ends, frame), *[None] * FAINT]
    lines = [
        Line(_short(place.team), scale.path(points), colour + 1, label)
        for colour, ((place, points), label) in enumerate(zip(shown, labels, strict=False))
    ]
    # The faint ones first, so that the named lie above them, and the first above all.
    return Plot(frame, lines[::-1], scale.x_ticks(board.timezone), scale.y_ticks())


class _Scale:
    """From time and score to SVG units. The low end leaves out the worst first tries, which would flatten the rest."""

    def __init__(self, frame: Frame, series: dict[str, Series], named: list[str], now: int) -> None:
        self.frame = frame
        moments = [at for points in series.values() for at, _ in points]
        self.start = min(moments)
        # A board that is published long after its last entry is not mostly empty.
        self.end = min(now, max(moments) + (max(moments) - self.start) // 12 + 1)
        values = sorted(value for key in named for _, value in series[key])
        low, high = values[len(values) // 10], values[-1]
        margin = max((high - low) * 0.08, 0.002)
        self.low, self.high = max(0.0, low - margin), min(1.0, high + margin)

    def x(self, at: int) -> float:
        frame, share = self.frame, (at - self.start) / max(1, self.end - self.start)
        return round(frame.left + (frame.width - frame.left - frame.right) * share, 1)

    def y(self, value: float) -> float:
        frame, share = self.frame, (value - self.low) / (self.high - self.low)
        return round(frame.height - frame.bottom - (frame.height - frame.top - frame.bottom) * share, 1)

    def path(self, points: Series) -> str:
        """Steps: a score holds until it is beaten."""
        (first, value), *rest = points
        steps = "".join(f"H{self.x(at)}V{self.y(value)}" for at, value in rest)
        return f"M{self.x(first)} {self.y(value)}{steps}H{self.frame.width - self.frame.right}"

    def y_ticks(self) -> list[Tick]:
        step = _nice((self.high - self.low) / 5)
        first = int(self.low / step) + 1
        digits = 0 if step >= 0.01 else 1 if step >= 0.001 else 2
        values = [step * n for n in range(first, int(self.high / step) + 1)]
        return [Tick(self.y(value), f"{100 * value:.{digits}f} %") for value in values]

    def x_ticks(self, timezone: str) -> list[Tick]:
        """Round times, as many as have room."""
        room = self.frame.width - self.frame.left - self.frame.right
        most = max(1, min(self.frame.ticks, int(room / (1.2 * WIDEST_TIME))))
        ticks = [Tick(self.x(at), text) for at, text in round_times(self.start, self.end, most, timezone)]
        return [tick for tick in ticks if tick.at + len(tick.text) * DIGIT_WIDTH / 2 <= self.frame.width]


def _nice(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0
    while power > step:
        power /= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step)


def _apart(wanted: list[float], frame: Frame) -> list[float]:
    """Label positions near the wanted ones, in their order, none closer than a label's height."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed = [0.0] * len(wanted)
    above = float(frame.top - LABEL_HEIGHT)
    for index in order:
        above = placed[index] = max(wanted[index], above + LABEL_HEIGHT)
    below = float(frame.height - frame.bottom + LABEL_HEIGHT / 2)
    for index in reversed(order):
        below = placed[index] = min(placed[index], below - (0 if index == order[-1] else LABEL_HEIGHT))
    return placed


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
