"""The charts of the report, each an <svg> element with named axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from leaderboard.page.axes import percent, round_times, short
from leaderboard.report.mistakes import ClassAccuracy
from leaderboard.report.svg import TEXT, WIDTH, Drawing, Scale
from leaderboard.report.timeline import Day, envelope
from leaderboard.standings.ranking import Series

LEFT, RIGHT, TOP, BOTTOM = 68, 14, 12, 48
HEIGHT, ROW = 300, 19
NAME_WIDTH = 200


def _frame(drawing: Drawing, x_name: str, y_name: str) -> None:
    floor = drawing.height - BOTTOM
    drawing.line(LEFT, floor, drawing.width - RIGHT, floor, "axis")
    drawing.text((LEFT + drawing.width - RIGHT) / 2, drawing.height - 6, x_name, "axis-name", "middle")
    drawing.rotated_text(13, (TOP + floor) / 2, y_name)


def _grid(drawing: Drawing, scale: Scale, texts: Sequence[tuple[float, str]]) -> None:
    for value, text in texts:
        drawing.line(LEFT, scale(value), drawing.width - RIGHT, scale(value), "grid")
        drawing.text(LEFT - 8, scale(value) + 4, text, anchor="end")


def entries_per_day(days: Sequence[Day]) -> Markup:
    """A bar per day: the valid entries, with the invalid files on top."""
    drawing = Drawing("per-day", "Entries per day", HEIGHT)
    floor = HEIGHT - BOTTOM
    scale = Scale(0, max(day.entries + day.invalid for day in days) * 1.08, floor, TOP)
    _grid(drawing, scale, [(value, f"{value:.0f}") for value in scale.ticks(5, whole=True)])
    width = (WIDTH - LEFT - RIGHT) / len(days)
    every = -(-len(days) * 52 // (WIDTH - LEFT - RIGHT))
    for number, day in enumerate(days):
        x, bar = LEFT + number * width + width * 0.12, width * 0.76
        tooltip = f"{day.day:%d %b %Y}: {day.entries} entries, {day.invalid} invalid files"
        drawing.box(x, scale(day.entries), bar, floor - scale(day.entries), "bar", tooltip)
        top = scale(day.entries + day.invalid)
        drawing.box(x, top, bar, scale(day.entries) - top, "bar-bad", tooltip)
        if number % every == 0:
            drawing.text(x + bar / 2, floor + 18, f"{day.day:%d %b}", anchor="middle")
    _frame(drawing, "day of the competition's clock", "files")
    return drawing.finish()


def development(series: dict[int, Series], end: int, timezone: str) -> Markup | None:
    """Scores over time: thin lines for the teams, bold ones for the best and the median; None for a single moment."""
    moments = [at for points in series.values() for at, _ in points]
    if not moments or min(moments) == max(moments):
        return None
    right = 76
    drawing = Drawing("development", "Best public score over time", HEIGHT + 20)
    floor = drawing.height - BOTTOM
    best, middle = envelope(series)
    values = sorted(value for points in series.values() for _, value in points)
    low, high = values[len(values) // 20], values[-1]
    margin = max((high - low) * 0.06, 0.002)
    y = Scale(max(0.0, low - margin), min(1.0, high + margin), floor, TOP)
    start, end = min(moments), max(end, max(moments))
    x = Scale(start, end, LEFT, WIDTH - right)
    ticks = y.ticks(8)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 0.01
    _grid(drawing, y, [(value, percent(value, step)) for value in ticks])
    for at, text in round_times(start, end, 8, timezone):
        drawing.line(x(at), floor, x(at), floor + 5, "axis")
        drawing.text(x(at), floor + 18, text, anchor="middle")
    for points in series.values():
        drawing.path(_steps(points, x, y), "faint")
    ends = [y(best[-1][1]), y(middle[-1][1])]
    ends[1] = max(ends[1], ends[0] + TEXT + 3)
    for points, style, label, at_y in ((middle, "middle", "median", ends[1]), (best, "best", "best", ends[0])):
        drawing.path(_steps(points, x, y), style)
        drawing.text(WIDTH - right + 8, at_y + 4, label, f"{style}-name")
    _frame(drawing, f"date ({timezone})", "accuracy on public rows (%)")
    return drawing.finish()


def _steps(points: Series, x: Scale, y: Scale) -> list[tuple[float, float]]:
    """The corners of a step curve: each score holds until the next one, the last one until the end."""
    corners = [(x(points[0][0]), y(points[0][1]))]
    for at, value in points[1:]:
        corners += [(x(at), corners[-1][1]), (x(at), y(value))]
    return [*corners, (x.end, corners[-1][1])]


@dataclass(frozen=True)
class Bar:
    """A row of the chart of intervals; the three numbers are from 0 to 1, `group` gives the band."""

    name: str
    value: float
    low: float
    high: float
    group: int | None = None


def intervals(key: str, title: str, bars: Sequence[Bar], axis: str) -> Markup:
    """A dot and a bar from low to high in each row; the rows of a group have a band of the same shade.

    The axis covers the bars in groups; a bar without a group that is below it is written as a number.
    """
    drawing = Drawing(key, title, TOP + ROW * len(bars) + BOTTOM)
    floor, left = drawing.height - BOTTOM, NAME_WIDTH
    ranked = [bar for bar in bars if bar.group is not None] or bars
    low, high = min(bar.low for bar in ranked), max(bar.high for bar in ranked)
    margin = max((high - low) * 0.04, 0.002)
    x = Scale(max(0.0, low - margin), min(1.0, high + margin), left, WIDTH - RIGHT)
    for number, bar in enumerate(bars):
        if bar.group is not None and bar.group % 2:
            drawing.box(0, TOP + ROW * number, WIDTH, ROW, "band")
    ticks = x.ticks(9)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 0.01
    for value in ticks:
        drawing.line(x(value), TOP, x(value), floor, "grid")
        drawing.text(x(value), floor + 16, percent(value, step), anchor="middle")
    for number, bar in enumerate(bars):
        y = TOP + ROW * (number + 0.5)
        tooltip = f"{bar.name}: {100 * bar.value:.2f} %, {100 * bar.low:.2f} to {100 * bar.high:.2f} %"
        drawing.text(left - 10, y + 4, short(bar.name, 28), "name", "end")
        if bar.high < x.low:  # a baseline far below would flatten the others
            drawing.text(left, y + 4, f"‹ {100 * bar.value:.1f}")
            continue
        drawing.box(x(bar.low), y - 4, x(bar.high) - x(bar.low), 8, "interval", tooltip)
        drawing.dot(x(bar.value), y, "value")
    drawing.text((left + WIDTH - RIGHT) / 2, drawing.height - 6, axis, "axis-name", "middle")
    return drawing.finish()


def class_accuracy(classes: Sequence[ClassAccuracy]) -> Markup:
    """For each class the median accuracy of the teams, and a bar from the lowest to the highest."""
    bars = [Bar(one.name, one.median, one.low, one.high) for one in classes]
    return intervals("classes", "Accuracy per class", bars, "accuracy on all scored images of the class (%)")


def moves(key: str, ranks: Sequence[tuple[str, int, int]]) -> Markup:
    """A line per team, from its public rank on the left to its private rank on the right."""
    most = max(max(before, after) for _, before, after in ranks)
    drawing = Drawing(key, "From the public to the private rank", 40 + ROW * most)
    left, right = 250, WIDTH - 250
    drawing.text(left, 16, "public rank", "axis-name", "end")
    drawing.text(right, 16, "private rank", "axis-name")
    for name, before, after in ranks:
        y1, y2 = (30 + ROW * (rank - 0.5) for rank in (before, after))
        style = "same" if before == after else "rise" if after < before else "fall"
        drawing.line(left + 8, y1, right - 8, y2, style)
        drawing.text(left, y1 + 4, f"{short(name)}  {before}", "name", "end")
        drawing.text(right, y2 + 4, f"{after}  {short(name)}", "name")
    return drawing.finish()


def images_by_teams(counts: Sequence[int]) -> Markup:
    """A bar per number of teams k, from 0 to all: `counts[k]` images are right for exactly k teams."""
    drawing = Drawing("images", "Images by the number of teams that have them right", HEIGHT)
    floor = HEIGHT - BOTTOM
    scale = Scale(0, max(counts) * 1.08, floor, TOP)
    _grid(drawing, scale, [(value, f"{value:,.0f}") for value in scale.ticks(5, whole=True)])
    width = (WIDTH - LEFT - RIGHT) / len(counts)
    every = -(-len(counts) * 30 // (WIDTH - LEFT - RIGHT))
    for number, count in enumerate(counts):
        x = LEFT + number * width + width * 0.1
        drawing.box(x, scale(count), width * 0.8, floor - scale(count), "bar", f"{number} teams: {count:,} images")
        if number % every == 0:
            drawing.text(x + width * 0.4, floor + 18, str(number), anchor="middle")
    _frame(drawing, f"teams that have an image right, of {len(counts) - 1}", "images")
    return drawing.finish()
