"""Charts as SVG text: line charts and the calibration diagram; the page's style sheet sets the colours."""

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

Series = tuple[str, Sequence[float], Sequence[float]]
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 460, 240, 48, 30, 10


def lines(
    series: Sequence[tuple[str, Sequence[float], Sequence[float]]], across: str, *, share: bool = False
) -> Markup:
    """A chart of (name, x, y) series on common axes; values that are not finite are left out.

    With `share`, y is from 0 to 1 and its axis is in per cent. Series differ in colour and in dashes.
    """
    points = [[(x, y) for x, y in zip(*xy, strict=False) if math.isfinite(x) and math.isfinite(y)] for _, *xy in series]
    every = [point for line in points for point in line]
    if not every:
        return Markup("<p>no values</p>")
    x_end = max(x for x, _ in every) or 1
    low, high = (0.0, 1.0) if share else (0.0, max(y for _, y in every) or 1)
    place = _scale(x_end, low, high)
    drawn = [_axes(x_end, low, high, across, share=share)]
    for number, ((name, *_), line) in enumerate(zip(series, points, strict=True)):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        title = Markup("<title>{}</title>").format(name)
        shape = Markup('<polyline class="s{}" points="{}">{}</polyline>').format(number % 6, path, title)
        dots = Markup("").join(
            Markup('<circle class="d{}" r="2.5" cx="{:.1f}" cy="{:.1f}"/>').format(number % 6, *place(*point))
            for point in (line if len(line) < 40 else line[-1:])
        )
        drawn += [shape, dots]
    return _svg(drawn, f"{across}: {', '.join(name for name, *_ in series)}")


def calibration(bins: Sequence[tuple[float, float, int]], name: str) -> Markup:
    """Accuracy against confidence in tenths, with the diagonal of a perfectly calibrated network."""
    place = _scale(1, 0, 1)
    (x1, y1), (x2, y2) = place(0, 0), place(1, 1)
    diagonal = Markup('<line class="grid" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(x1, y1, x2, y2)
    path = " ".join("{:.1f},{:.1f}".format(*place(sure, hit)) for sure, hit, _ in bins)
    line = Markup('<polyline class="s0" points="{}"/>').format(path)
    dots = [
        Markup('<circle class="d0" r="3" cx="{:.1f}" cy="{:.1f}"><title>{} images</title></circle>').format(
            *place(sure, hit), count
        )
        for sure, hit, count in bins
    ]
    return _svg(
        [_axes(1, 0, 1, "confidence", share=True, x_share=True), diagonal, line, *dots], f"calibration of {name}"
    )


def _scale(x_end: float, low: float, high: float):
    wide, tall = WIDTH - LEFT - 12, HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + wide * x / x_end, TOP + tall * (1 - (y - low) / (high - low))

    return place


def _axes(x_end: float, low: float, high: float, across: str, *, share: bool, x_share: bool = False) -> Markup:
    place, parts = _scale(x_end, low, high), []
    for step in range(5):
        value = low + (high - low) * step / 4
        (left, y), (right, _) = place(0, value), place(x_end, value)
        text = f"{value:.0%}" if share else f"{value:.3g}"
        parts.append(
            Markup('<line class="grid" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(left, y, right, y)
            + Markup('<text text-anchor="end" x="{:.1f}" y="{:.1f}">{}</text>').format(left - 6, y + 4, text)
        )
    for step in (0, 1, 2):
        x, y = place(x_end * step / 2, low)
        text = f"{step / 2:.0%}" if x_share else f"{x_end * step / 2:.3g}"
        label = f"{text} {across}" if step == 2 else text
        anchor = "end" if step == 2 else "middle"
        parts.append(Markup('<text text-anchor="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(anchor, x, y + 18, label))
    return Markup("").join(parts)


def _svg(parts: Sequence[Markup], label: str) -> Markup:
    inside = Markup("").join(parts)
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, escape(label), inside
    )
