"""A score: the number of hits and rows, and the confidence interval of their ratio."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, order=True)
class Score:
    """`hits` of `rows`. Scores compare by hits: in one competition all have the same number of rows."""

    hits: int
    rows: int

    @property
    def value(self) -> float:
        return self.hits / self.rows

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.rows)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.4f} ({self.hits:,} of {self.rows:,}; 95 % interval {low:.4f} to {high:.4f})"


def distinguishing_decimals(values: Iterable[float], least: int, most: int = 8) -> int:
    """The number of decimals (least to most) at which different values look different, so that ranks make sense."""
    different = set(values)
    for decimals in range(least, most):
        if len({f"{value:.{decimals}f}" for value in different}) == len(different):
            return decimals
    return most


def wilson(hits: int, rows: int, z: float = NORMAL_95) -> tuple[float, float]:
    """Confidence interval of a binomial proportion (Wilson 1927, JASA 22:209), 95 % by default."""
    share, spread = hits / rows, z * z / rows
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / rows + spread / (4 * rows)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
