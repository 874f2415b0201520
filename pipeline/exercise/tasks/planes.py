"""Random images and kernels for the exercises in one plane."""

import numpy as np

from ..exercise import Inputs, numbers


def plane(rng: np.random.Generator, size: int) -> Inputs:
    """An image x and a smaller kernel w: 3x3 and 2x2 for size 0, then larger and of any shape."""
    if size == 0:
        return {"x": numbers(rng, size, 3, 3), "w": numbers(rng, size, 2, 2)}
    rows, columns = rng.integers(2, 5, 2)
    high, wide = max(rows, columns) + rng.integers(1, 4, 2)
    return {"x": numbers(rng, size, high, wide), "w": numbers(rng, size, rows, columns)}
