"""Drawing on a batch of images at once: shapes as signed distances, anti-aliased by the distance in pixels.

Distances are exact for circles, lines and the inside of polygons, and correct to first order near other outlines (Inigo
Quilez, 2D distance functions), which is enough for an edge one pixel wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from pipeline.core.images import SIZE

Number = float | np.ndarray
_AXIS = (np.arange(SIZE, dtype=np.float32) * 2 + 1) / SIZE - 1
GRID_X = np.tile(_AXIS, SIZE)[None]
GRID_Y = -np.repeat(_AXIS, SIZE)[None]
"""Pixel centres, 1 x 1024 each: x to the right, y upwards, both from -1 to 1."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A batch of images with the coordinates of an object, in which shapes are given.

    The numbers of a shape are scalars or arrays B x 1; distances are float32 B x 1024, negative inside.
    """

    canvas: np.ndarray
    """float32 B x 3 x 1024, 0 to 1; drawn on in place."""

    x: np.ndarray
    """B x 1024, to the right."""

    y: np.ndarray
    """B x 1024, upwards."""

    pixel: np.ndarray
    """B x 1: the width of a pixel."""

    generator: np.random.Generator
    """The source of random variation."""

    def vary(self, low: float, high: float) -> np.ndarray:
        """A uniform random number per image, B x 1."""
        return self.generator.uniform(low, high, (len(self.canvas), 1)).astype(np.float32)

    def moved(self, x: Number, y: Number, scale: Number, angle: Number) -> "Frame":
        """The same images with the origin at (x, y), a unit of length `scale`, and axes rotated by `angle` radians."""
        dx, dy = self.x - x, self.y - y
        cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
        return replace(self, x=dx * cosine + dy * sine, y=dy * cosine - dx * sine, pixel=self.pixel / np.float32(scale))

    def widened(self, factor: np.ndarray) -> "Frame":
        """The same images with x scaled by `factor` (B x 1); a negative factor points x to the left."""
        return replace(self, x=self.x / factor)

    def ellipse(self, x: Number, y: Number, width: Number, height: Number) -> np.ndarray:
        """Distance to an ellipse with these two semi-axes."""
        u, v = (self.x - x) / width, (self.y - y) / height
        length = np.sqrt(u * u + v * v)
        u /= width
        v /= height
        return length * (length - 1) / (np.sqrt(u * u + v * v) + np.float32(1e-6))

    def box(self, left: Number, bottom: Number, right: Number, top: Number) -> np.ndarray:
        """Distance to an upright rectangle."""
        return np.maximum(
            np.abs(self.x - (left + right) / 2) - (right - left) / 2,
            np.abs(self.y - (bottom + top) / 2) - (top - bottom) / 2,
        )

    def line(self, start: Sequence, end: Sequence, width: Number, end_width: Number | None = None) -> np.ndarray:
        """Distance to a stroke with round ends, whose half-width changes from `width` to `end_width`."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        u, v = self.x - start[0], self.y - start[1]
        along = np.clip((u * dx + v * dy) / (dx * dx + dy * dy), 0, 1)
        u -= along * dx
        v -= along * dy
        half = width if end_width is None else width + along * (end_width - width)
        return np.sqrt(u * u + v * v) - half

    def polygon(self, *corners: Sequence) -> np.ndarray:
        """Distance to a convex polygon; corners counter-clockwise."""
        edges = []
        for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
            dx, dy = x1 - x0, y1 - y0
            length = np.hypot(dx, dy)
            edges.append((self.x - x0) * (dy / length) - (self.y - y0) * (dx / length))
        return reduce(np.maximum, edges)

    def fill(self, colour: np.ndarray, *distances: np.ndarray, opacity: Number = 1.0) -> None:
        """Paint the union of the shapes. colour: B x 3 x 1 or B x 3 x 1024."""
        distance = distances[0]
        for other in distances[1:]:
            distance = np.minimum(distance, other)
        cover = np.clip(0.5 - distance / self.pixel, 0, 1) * np.float32(opacity)
        self.canvas[:] += cover[:, None] * (colour - self.canvas)
