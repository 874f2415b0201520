"""Cross-correlation with stride, padding and dilation, in one dimension."""

import numpy as np

from .. import arrays
from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(x, w, stride, padding, dilation):
    """y, one number per place."""
    x = np.concatenate([np.zeros(padding), x, np.zeros(padding)])
    reach = dilation * (len(w) - 1) + 1
    places = (len(x) - reach) // stride + 1
    return np.array([x[stride * i : stride * i + reach : dilation] @ w for i in range(places)])


def _reference(x, w, stride, padding, dilation):
    return arrays.layer(x[None], w[None, None], stride=stride, padding=padding, dilation=dilation)[0]


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    if size == 0:
        x, w = numbers(rng, size, 7), numbers(rng, size, 2)
        return {"x": x, "w": w, "stride": 2, "padding": 1, "dilation": 3}
    taps, padding = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    stride, dilation = (int(n) for n in rng.choice([1, 2, 3], 2, replace=False))
    length = 3 * taps + int(rng.integers(3, 7))
    return {
        "x": numbers(rng, size, length),
        "w": numbers(rng, size, taps),
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
    }


def _second_place_first(x, w, stride, padding, dilation):
    return _reference(x, w, 1, padding, dilation)[stride - 1 :: stride] if stride > 1 else None


MISTAKES = (
    Mistake(
        name="stride and dilation exchanged",
        advice="The stride is the distance between outputs; the dilation is the distance between the kernel's taps.",
        form=lambda x, w, stride, padding, dilation: _reference(x, w, dilation, padding, stride),
    ),
    Mistake(
        name="padding forgotten",
        advice="Pad x with `padding` zeros on both sides first.",
        form=lambda x, w, stride, padding, dilation: _reference(x, w, stride, 0, dilation),
    ),
    Mistake(
        name="padding on one side",
        advice="The zeros are on both sides of x, not only before it.",
        form=lambda x, w, stride, padding, dilation: _reference(np.r_[np.zeros(padding), x], w, stride, 0, dilation),
    ),
    Mistake(
        name="dilation forgotten",
        advice="Neighbouring taps read samples that are `dilation` apart: x[stride i + dilation m].",
        form=lambda x, w, stride, padding, dilation: _reference(x, w, stride, padding, 1),
    ),
    Mistake(
        name="stride forgotten",
        advice="Neighbouring outputs are `stride` samples apart: x[stride i + dilation m].",
        form=lambda x, w, stride, padding, dilation: _reference(x, w, 1, padding, dilation),
    ),
    Mistake(
        name="kernel flipped",
        advice="This is convolution; deep learning's layer does not flip the kernel.",
        form=lambda x, w, stride, padding, dilation: _reference(x, w[::-1], stride, padding, dilation),
    ),
    Mistake(
        name="first place skipped",
        advice="A stride of s keeps the places 0, s, 2s, ..., not s - 1, 2s - 1, ...",
        form=_second_place_first,
    ),
    Mistake(
        name="edge repeated instead of zeros",
        advice="The padding consists of zeros, not of copies of the first and the last sample.",
        form=lambda x, w, stride, padding, dilation: _reference(np.pad(x, padding, "edge"), w, stride, 0, dilation),
    ),
)

EXERCISE = Exercise(
    name="strided-correlation",
    subject="convolution",
    title="Stride, padding and dilation",
    task=(
        "A layer with one channel in one dimension computes\n"
        "$$y_i = \\sum_m \\bar{x}_{s i + d m}\\, w_m$$\n"
        "with stride $s$, dilation $d$ and $\\bar{x}$ the signal with $p$ zeros on both sides, at every place where "
        "the kernel lies inside $\\bar{x}$. Write the function."
    ),
    arguments={
        "x": "the signal, N",
        "w": "the kernel, k",
        "stride": "s, a whole number",
        "padding": "p, zeros on each side",
        "dilation": "d, the distance between two taps",
    },
    returns="y, one number per place",
    inputs=_inputs,
    solve=solve,
    reference=_reference,
    mistakes=MISTAKES,
    steps=(
        "The padded signal has $N + 2p$ samples; the dilated kernel reaches over $d(k - 1) + 1$ of them.",
        "The kernel starts at $0, s, 2s, \\ldots$; the last start is at most $N + 2p - d(k - 1) - 1$, which gives "
        "$\\lfloor (N + 2p - d(k - 1) - 1) / s \\rfloor + 1$ places.",
        "At start $s i$ tap $m$ reads the sample $s i + d m$ of the padded signal.",
    ),
)
