"""A tanh network with one layer in numpy, in which parts can be replaced to make the mistakes of the exercises."""

import numpy as np

from ..exercise import Inputs, numbers


def inputs(rng: np.random.Generator, size: int, steps: int | None = None) -> Inputs:
    """W, U, b, the state h before the first step, and x of 2 to 7 steps (or `steps`)."""
    hidden, width = (2, 1) if size == 0 else (int(n) for n in rng.integers(2, 5, 2))
    length = steps or (2 if size == 0 else int(rng.integers(4, 8)))
    scale = 0.5 if size == 0 else 1 / hidden**0.5
    shapes = {"W": (hidden, hidden), "U": (hidden, width), "b": (hidden,), "h": (hidden,), "x": (length, width)}
    return {name: scale * numbers(rng, size, *shape) for name, shape in shapes.items()}


def states(W, U, b, h, x) -> np.ndarray:
    """(T + 1) x H: the state before the first step, then the state after each."""
    result = [h]
    for step in x:
        result.append(np.tanh(W @ result[-1] + U @ step + b))
    return np.array(result)


def step_jacobians(W, after: np.ndarray) -> np.ndarray:
    """T x H x H: diag(1 - h_t^2) W of each step, from the states after the steps."""
    return (1 - after**2)[:, :, None] * W


def terms(W, U, b, h, x, *, slope=None, jacobians=None, before=None) -> np.ndarray:
    """T x T x H x H: G[t, k] = D_k (J_t ... J_{k+1})^T h_t outer h_{k-1}, 0 for k > t, for L = sum |h_t|^2 / 2.

    slope (T x H), jacobians (T x H x H) and before (T x H) replace tanh', J_t and the states before the steps.
    """
    every = states(W, U, b, h, x)
    after, before = every[1:], every[:-1] if before is None else before
    slope = 1 - after**2 if slope is None else slope
    jacobians = step_jacobians(W, after) if jacobians is None else jacobians
    result = np.zeros((len(x), len(x), *W.shape))
    for t in range(len(x)):
        row = after[t]
        for k in range(t, -1, -1):
            result[t, k] = np.outer(row * slope[k], before[k])
            row = row @ jacobians[k]
    return result
