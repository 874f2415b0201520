"""An SVG drawing. Every text is escaped; the colours come from the style sheet of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from leaderboard.page.axes import nice_step

WIDTH = 720
TEXT = 12  # height of small text, in SVG units; a letter is at most this wide


class Drawing:
    """Collects shapes; `finish` returns the <svg> element. x to the right, y down, in SVG units."""

    def __init__(self, key: str, title: str, height: float, *, width: int = WIDTH) -> None:
        self.key, self.title, self.width, self.height = key, title, width, height
        self._parts: list[Markup] = []

    def text(self, x: float, y: float, text: str, style: str = "tick", anchor: str = "start") -> None:
        self._add('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>', style, x, y, anchor, text)

    def rotated_text(self, x: float, y: float, text: str) -> None:
        """Text turned to read upwards, centred on the point: the name of a vertical axis."""
        self._add(
            '<text class="axis-name" transform="translate({} {}) rotate(-90)" text-anchor="middle">{}</text>',
            x,
            y,
            text,
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        self._add('<path class="{}" d="M{} {}L{} {}"/>', style, x1, y1, x2, y2)

    def path(self, points: Sequence[tuple[float, float]], style: str) -> None:
        self._add('<path class="{}" d="{}"/>', style, "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points))

    def box(self, x: float, y: float, width: float, height: float, style: str, title: str = "") -> None:
        shape = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
        self._add(shape, style, x, y, max(0.0, width), max(0.0, height), title)

    def dot(self, x: float, y: float, style: str, radius: float = 4) -> None:
        self._add('<circle class="{}" cx="{}" cy="{}" r="{}"/>', style, x, y, radius)

    def finish(self) -> Markup:
        head = Markup('<svg id="{0}" viewBox="0 0 {1} {2}" role="img" aria-labelledby="{0}-title">').format(
            self.key, self.width, round(self.height)
        )
        title = Markup('<title id="{}-title">{}</title>').format(self.key, self.title)
        return head + title + Markup("").join(self._parts) + Markup("</svg>")

    def _add(self, shape: str, *values: object) -> None:
        texts = (f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else value for value in values)
        self._parts.append(Markup(shape).format(*map(escape, texts)))


class Scale:
    """Maps values to positions on an axis; its ticks are at 1, 2 or 5 times a power of ten."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high = low, high if high > low else low + 1
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    def ticks(self, most: int, *, whole: bool = False) -> list[float]:
        """Round values on the axis, at most about `most` of them; only whole numbers if `whole`."""
        step = nice_step((self.high - self.low) / most)
        step = max(1.0, step) if whole else step
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(step * number, 9) for number in range(first, last + 1)]
