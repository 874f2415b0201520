"""Complex cross-correlation with its conjugate."""

import numpy as np

from .. import arrays
from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(x, w):
    """All N + k - 1 lags from -(k - 1) to N - 1, complex."""
    y = np.zeros(len(x) + len(w) - 1, dtype=complex)
    for m in range(len(w)):
        start = len(w) - 1 - m
        y[start : start + len(x)] += x * np.conj(w[m])
    return y


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    lengths = (3, 2) if size == 0 else (int(rng.integers(5, 9)), int(rng.integers(2, 5)))
    x, w = (numbers(rng, size, n) + 1j * numbers(rng, size, n) for n in lengths)
    return {"x": x, "w": w}


MISTAKES = (
    Mistake(
        name="conjugate missing",
        advice="Signal processing's correlation conjugates the second signal: multiply by conj(w[m]).",
        form=lambda x, w: arrays.correlate(x, w, conjugate=False),
    ),
    Mistake(
        name="the wrong signal conjugated",
        advice="The conjugate belongs on w, not on x.",
        form=lambda x, w: arrays.correlate(x.conj(), w, conjugate=False),
    ),
    Mistake(
        name="both signals conjugated",
        advice="Only w is conjugated; x stays as it is.",
        form=lambda x, w: arrays.correlate(x.conj(), w),
    ),
    Mistake(
        name="lags in reverse",
        advice="The first entry is the lag -(k - 1), at which the last tap meets the first sample.",
        form=lambda x, w: arrays.correlate(x, w)[::-1],
    ),
    Mistake(
        name="convolution instead of correlation",
        advice="This is convolution: the indices of x and w must grow together, x[n + m] conj(w[m]).",
        form=arrays.convolve,
    ),
    Mistake(
        name="convolution with the conjugate",
        advice="The conjugate is right, but the kernel is flipped: the indices of x and w must grow together.",
        form=lambda x, w: arrays.convolve(x, w.conj()),
    ),
    Mistake(
        name="valid instead of full",
        advice="Only the lags at which w lies inside x are there; give all N + k - 1.",
        form=lambda x, w: arrays.correlate(x, w, "valid"),
    ),
    Mistake(
        name="imaginary part dropped",
        advice="The result is complex; keep the imaginary part.",
        form=lambda x, w: arrays.correlate(x, w).real,
    ),
)

EXERCISE = Exercise(
    name="correlate-complex",
    subject="convolution",
    title="Cross-correlation of complex signals",
    task=(
        "Signal processing defines the cross-correlation of complex signals as\n"
        "$$(x \\star w)_n = \\sum_m x_{n+m}\\, \\overline{w_m}$$\n"
        "for every lag $n = -(k - 1), \\ldots, N - 1$, with $x = 0$ outside. Compute it for the numbers below, then "
        "write the function."
    ),
    arguments={"x": "complex signal, N", "w": "complex signal, k"},
    returns="all N + k - 1 lags from -(k - 1) to N - 1, complex",
    inputs=_inputs,
    solve=solve,
    reference=arrays.correlate,
    mistakes=MISTAKES,
    steps=(
        "Tap $m$ meets sample $n + m$, so sample $a$ adds $x_a \\overline{w_m}$ to the lag $n = a - m$.",
        "The lag $-(k - 1)$ comes first: sample 0 with the last tap. In an array the lag $n$ has index $n + k - 1$.",
        "With the conjugate, $(x \\star x)_0 = \\sum_m |x_m|^2$ is real and the largest value; without it the sum "
        "$\\sum_m x_m^2$ can be 0 for a signal that is not.",
    ),
    questions=(
        (
            "Does `torch.nn.functional.conv1d` conjugate a complex weight?",
            "No. Deep learning's layers multiply by $w_m$ itself; `scipy.signal.correlate` and `numpy.correlate` "
            "conjugate.",
        ),
    ),
)
