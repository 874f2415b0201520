"""Learning-rate schedules: a factor between 0 and 1 for every optimizer step."""

import math
from collections.abc import Callable

# From progress, 0 to 1, to a share of the peak.
Shape = Callable[[float], float]

SHAPES: dict[str, Shape] = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1.0 - progress,
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
}


def factor(shape: str | Shape, total: int, warmup: int = 0, floor: float = 0.0) -> Callable[[int], float]:
    """The schedule's factor by step: a linear warm-up over `warmup` steps, then `shape` down to `floor`.

    The first step after the warm-up has factor 1; steps at `total` and later have `floor`.
    Cosine: Loshchilov and Hutter 2016, arXiv 1608.03983, without restarts.
    """
    falls = SHAPES[shape] if isinstance(shape, str) else shape

    def at(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        progress = min(1.0, (step - warmup) / max(1, total - warmup))
        return floor + (1 - floor) * falls(progress)

    return at
