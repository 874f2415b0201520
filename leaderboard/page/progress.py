"""The progress plot: each team's best score over time, as SVG paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leaderboard.page.axes import nice_step, percent, round_times, short

if TYPE_CHECKING:  # they load NumPy and SQLAlchemy, which a web process does without
    from leaderboard.page.board import Board, Place
    from leaderboard.standings.ranking import Series

NAMED, FAINT = 8, 192
COLOURS, DASHES = 8, 3
LABEL_HEIGHT, LONGEST_LABEL = 18, 20
DIGIT_WIDTH = 8
WIDEST_TIME = DIGIT_WIDTH * len("23:59:59")
# The time axis ends at the deadline, but covers at most this many times the time played so far.
MAX_STRETCH = 12


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


# The wide plot has the names at the ends of the lines; on a phone they are in a list below the plot.
WIDE = Frame("wide", 960, 360, 52, 168, ticks=5)
NARROW = Frame("narrow", 380, 260, 48, 6, ticks=3)


@dataclass(frozen=True)
class Line:
    """One team's step curve: an SVG path and the height of its label (None for a faint line without a label).

    Colour and dashes depend on the team's `number`, so they stay the same when ranks change.
    """

    name: str
    path: str
    number: int
    label_y: float | None
    own: bool = False

    @property
    def colour(self) -> int:
        return (self.number - 1) % COLOURS + 1

    @property
    def dash(self) -> int:
        return (self.number - 1) // COLOURS % DASHES


@dataclass(frozen=True)
class Tick:
    """A position on an axis, in SVG units, and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Plot:
    """Everything that the template draws. `now` and `deadline` are marks on the time axis; None without a mark."""

    frame: Frame
    lines: list[Line]
    baselines: list[Tick]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    end: float
    now: float | None
    deadline: float | None
    # The baselines whose score is outside the axis range, as a text below the plot.
    beyond: str


def draw(board: Board, places: list[Place], frame: Frame, own: str | None = None) -> Plot | None:
    """The plot of ranked places; None while all points are at one moment. `own`: the key of the team to mark."""
    shown = [place for place in places[: NAMED + FAINT] if place.team_id in board.best_so_far]
    named = [place for n, place in enumerate(shown) if n < NAMED or place.key == own]
    moments = [at for place in shown for at, _ in board.best_so_far[place.team_id]]
    if not moments or max(moments) == min(moments):
        return None
    series = board.best_so_far
    # At least the upper half of the own team's curve is on the plot, even if all others are far above it.
    own_scores = sorted(score for place in shown if place.key == own for _, score in series[place.team_id])
    must = own_scores[len(own_scores) // 2 :][:1]
    baselines = [(place.team, place.public_score) for place in board.places if place.rank is None]
    scale = _Scale(frame, moments, [series[p.team_id] for p in named], [score for _, score in baselines], must, board)
    inside = [(name, score) for name, score in baselines if scale.low <= score <= scale.high]
    return Plot(
        frame,
        _lines(board, scale, shown, named, own),
        [Tick(scale.y(score), f"{short(name, LONGEST_LABEL)} {100 * score:.2f} %") for name, score in inside],
        scale.x_ticks(board.timezone),
        scale.y_ticks(),
        scale.now_x,
        scale.now_x if scale.now < scale.end else None,
        None if board.closes_at is None or board.closes_at > scale.end else scale.x(board.closes_at),
        ", ".join(f"{name} {100 * score:.2f} %" for name, score in baselines if (name, score) not in inside),
    )


def _lines(board: Board, scale: _Scale, shown: list[Place], named: list[Place], own: str | None) -> list[Line]:
    """In drawing order: faint lines, named lines from the last rank to the first, the own line on top."""
    series = board.best_so_far
    heights = _spread_labels([scale.y(series[place.team_id][-1][1]) for place in named], scale.frame)
    labels = dict(zip((place.key for place in named), heights, strict=True))
    lines = []
    for place in reversed(shown):
        path = scale.path(series[place.team_id])
        name, label_y = short(place.team, LONGEST_LABEL), labels.get(place.key)
        lines.append(Line(name, path, place.number, label_y, place.key == own))
    return sorted(lines, key=lambda line: (line.own, line.label_y is not None))


class _Scale:
    """From time and score to SVG units. The lowest tenth of the scores may be cut off: it would flatten the rest.

    `must`: scores that have to be on the plot.
    """

    def __init__(
        self,
        frame: Frame,
        moments: list[int],
        named: list[Series],
        baselines: list[float],
        must: list[float],
        board: Board,
    ) -> None:
        self.frame = frame
        self.start, self.end, self.now = _span(moments, board)
        values = sorted(value for points in named for _, value in points)
        low, high = min([values[len(values) // 10], *must]), values[-1]
        # Only baselines near the teams' scores are on the plot; one far away would flatten the teams' lines.
        near = [score for score in baselines if low - (high - low) / 2 <= score <= high + (high - low) / 2]
        low, high = min([low, *near]), max([high, *near])
        margin = max((high - low) * 0.08, 0.002)
        self.low, self.high = max(0.0, low - margin), min(1.0, high + margin)

    @property
    def now_x(self) -> float:
        return self.x(self.now)

    def x(self, at: int) -> float:
        frame, share = self.frame, (at - self.start) / max(1, self.end - self.start)
        return round(frame.left + (frame.width - frame.left - frame.right) * share, 1)

    def y(self, value: float) -> float:
        frame, share = self.frame, (value - self.low) / (self.high - self.low)
        return round(frame.height - frame.bottom - (frame.height - frame.top - frame.bottom) * share, 1)

    def path(self, points: Series) -> str:
        """A step curve: each score holds until the next one, the last one until now."""
        (first, value), *rest = points
        steps = "".join(f"H{self.x(at)}V{self.y(value)}" for at, value in rest)
        return f"M{self.x(first)} {self.y(value)}{steps}H{self.now_x}"

    def y_ticks(self) -> list[Tick]:
        step = nice_step((self.high - self.low) / 5)
        first = int(self.low / step) + 1
        values = [step * n for n in range(first, int(self.high / step) + 1)]
        return [Tick(self.y(value), f"{percent(value, step)} %") for value in values]

    def x_ticks(self, timezone: str) -> list[Tick]:
        """Ticks at round times, as many as fit."""
        room = self.frame.width - self.frame.left - self.frame.right
        most = max(1, min(self.frame.ticks, int(room / (1.2 * WIDEST_TIME))))
        ticks = [Tick(self.x(at), text) for at, text in round_times(self.start, self.end, most, timezone)]
        return [tick for tick in ticks if tick.at + len(tick.text) * DIGIT_WIDTH / 2 <= self.frame.width]


def _span(moments: list[int], board: Board) -> tuple[int, int, int]:
    """First and last moment of the axis, and the moment at which the lines end: now, but not after the deadline."""
    first, last = min(moments), max(moments)
    now = board.updated_at if board.still_since is None else board.still_since
    ended = board.status in ("Final", "Frozen") and board.closes_at is not None and board.updated_at < board.closes_at
    if board.closes_at is None or ended:
        # Otherwise a page published long after the last entry would show a mostly empty plot.
        now = min(now, last + (last - first) // 12 + 1)
        return first, now, now
    now = max(last, min(now, board.closes_at))
    return first, max(now, min(board.closes_at, first + MAX_STRETCH * (now - first))), now


def _spread_labels(wanted: list[float], frame: Frame) -> list[float]:
    """Label positions close to the wanted ones, in the same order, at least one label height apart."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed = [0.0] * len(wanted)
    above = float(frame.top - LABEL_HEIGHT)
    for index in order:
        above = placed[index] = max(wanted[index], above + LABEL_HEIGHT)
    below = float(frame.height - frame.bottom + LABEL_HEIGHT / 2)
    for index in reversed(order):
        below = placed[index] = min(placed[index], below - (0 if index == order[-1] else LABEL_HEIGHT))
    return placed
