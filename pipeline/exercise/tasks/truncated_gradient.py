"""Truncated back-propagation through time with a sliding window."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake
from . import elman


def solve(W, U, b, h, x, window):
    """The truncated dL/dW, H x H."""
    states = [h]
    for step in x:
        states.append(np.tanh(W @ states[-1] + U @ step + b))
    dW = np.zeros_like(W)
    for t in range(1, len(states)):
        row = states[t]
        for k in range(t, max(0, t - window), -1):
            row = row * (1 - states[k] ** 2)
            dW += np.outer(row, states[k - 1])
            row = row @ W
    return dW


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    steps = 4 if size == 0 else int(rng.integers(6, 10))
    return elman.inputs(rng, size, steps) | {"window": 2 if size == 0 else int(rng.integers(2, 5))}


def _band(keep):
    """The sum of the terms for which `keep(t, k, window)` is true."""

    def form(W, U, b, h, x, window):
        t, k = np.indices((len(x), len(x)))
        return np.einsum("tk,tkij->ij", (keep(t, k, window) & (k <= t)).astype(float), elman.terms(W, U, b, h, x))

    return form


MISTAKES = (
    Mistake(
        name="detach in blocks instead of a sliding window",
        advice="Cutting the graph every w steps keeps the terms of one block; here every loss looks back w steps.",
        form=_band(lambda t, k, w: t // w == k // w),
    ),
    Mistake(
        name="window one step too long",
        advice="A window of w contains the w steps k = t, ..., t - w + 1: t - k < w, not t - k <= w.",
        form=_band(lambda t, k, w: t - k <= w),
    ),
    Mistake(
        name="window one step too short",
        advice="A window of w contains the w steps k = t, ..., t - w + 1; the last of them is missing.",
        form=_band(lambda t, k, w: t - k < w - 1),
    ),
    Mistake(
        name="not truncated",
        advice="This is the full gradient; drop the terms with t - k >= w.",
        form=_band(lambda t, k, w: t >= k),
    ),
    Mistake(
        name="only the steps inside the last window",
        advice="The losses of all steps count, each with its own window; only the last window's losses are there.",
        form=_band(lambda t, k, w: (t - k < w) & (t > t.max() - w)),
    ),
    Mistake(
        name="the long lags instead of the short ones",
        advice="These are the terms that the truncation drops; keep those with t - k < w.",
        form=_band(lambda t, k, w: t - k >= w),
    ),
)

EXERCISE = Exercise(
    name="truncated-gradient",
    subject="recurrent",
    title="Truncated back-propagation with a sliding window",
    task=(
        "For the network and the loss of 5-1 (b), a window of $w$ steps keeps the terms $G_{tk}$ with $t - k < w$: "
        "every loss looks back over $w$ steps. Write a function that gives this truncated gradient. How does it differ "
        "from calling `h.detach()` after every $w$ steps?"
    ),
    arguments={
        "W": "recurrent weights, H x H",
        "U": "input weights, H x D",
        "b": "bias, H",
        "h": "the state before the first step, H",
        "x": "the inputs, (T + 1) x D",
        "window": "w, a whole number",
    },
    returns="the truncated dL/dW, H x H",
    inputs=_inputs,
    solve=solve,
    reference=_band(lambda t, k, w: t - k < w),
    mistakes=MISTAKES,
    steps=(
        "The full gradient is the sum of $G_{tk}$ over all $k \\le t$, a lower triangle of terms.",
        "A sliding window keeps the band $0 \\le t - k < w$ of it: go back at most $w$ steps from each loss.",
        "`h.detach()` after every $w$ steps keeps the pairs of one block, $\\lfloor t/w \\rfloor = \\lfloor k/w "
        "\\rfloor$: squares on the diagonal. The first step of a block looks back only at itself.",
    ),
)
