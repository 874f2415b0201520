"""Cross-correlation of an image and a kernel, "valid"."""

import numpy as np

from .. import arrays
from ..exercise import Exercise, Mistake
from .planes import plane


def solve(x, w):
    """y, (H - k + 1) x (W - l + 1)."""
    rows, columns = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    y = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            y[i, j] = (x[i : i + w.shape[0], j : j + w.shape[1]] * w).sum()
    return y


def _reference(x, w):
    return arrays.correlate(x, w, "valid")


MISTAKES = (
    Mistake(
        name="kernel flipped",
        advice="This is convolution. Cross-correlation lays the kernel on the image as it is, without a half turn.",
        form=lambda x, w: _reference(x, w[::-1, ::-1]),
    ),
    Mistake(
        name="rows of the kernel flipped",
        advice="The order of the kernel's rows is reversed; cross-correlation flips no axis.",
        form=lambda x, w: _reference(x, w[::-1]),
    ),
    Mistake(
        name="columns of the kernel flipped",
        advice="The order of the kernel's columns is reversed; cross-correlation flips no axis.",
        form=lambda x, w: _reference(x, w[:, ::-1]),
    ),
    Mistake(
        name="kernel transposed",
        advice="Rows and columns of the kernel are exchanged; multiply x[i + m, j + n] by w[m, n], not by w[n, m].",
        form=lambda x, w: _reference(x, w.T),
    ),
    Mistake(
        name="full instead of valid",
        advice="Places where the kernel reaches over the border are included; valid keeps H - k + 1 rows.",
        form=lambda x, w: arrays.correlate(x, w, "full"),
    ),
    Mistake(
        name="same instead of valid",
        advice="The image was padded so that the size stays; valid does not pad and keeps H - k + 1 rows.",
        form=lambda x, w: arrays.correlate(x, w, "same"),
    ),
    Mistake(
        name="last place left out",
        advice="The last row and the last column are missing: there are H - k + 1 places, not H - k.",
        form=lambda x, w: _reference(x, w)[:-1, :-1],
    ),
    Mistake(
        name="mean instead of the sum",
        advice="The products are added; they are not divided by the number of taps.",
        form=lambda x, w: _reference(x, w) / w.size,
    ),
)

EXERCISE = Exercise(
    name="correlate-by-hand",
    subject="convolution",
    title="Cross-correlation of an image and a kernel",
    task=(
        "Deep learning's `conv2d` computes the cross-correlation\n"
        "$$y_{ij} = \\sum_{m,n} x_{i+m,\\, j+n}\\, w_{mn}$$\n"
        "at the places where the kernel lies inside the image (valid). Compute it by hand for the numbers below, then "
        "write the function with loops or array operations, without a library's correlation."
    ),
    arguments={"x": "the image, H x W", "w": "the kernel, k x l with k <= H and l <= W"},
    returns="y, (H - k + 1) x (W - l + 1)",
    inputs=plane,
    solve=solve,
    reference=_reference,
    mistakes=MISTAKES,
    steps=(
        "The kernel fits at the rows $i = 0, \\ldots, H - k$ and the columns $j = 0, \\ldots, W - l$: "
        "$(H - k + 1)(W - l + 1)$ places.",
        "At each place multiply the kernel with the part of the image under it, entry by entry, and add: "
        "$y_{00} = x_{00} w_{00} + x_{01} w_{01} + x_{10} w_{10} + x_{11} w_{11}$ for a 2 x 2 kernel.",
        "Nothing is flipped: both indices of $x$ grow with those of $w$.",
    ),
    questions=(
        (
            "Which entry of $w$ decides what an image with a single 1 at (2, 2) gives at (2, 2)?",
            "$w_{00}$: the sum at (2, 2) reads $x_{2+m,\\, 2+n}$, and only $m = n = 0$ meets the 1. The image of a "
            "single dot is the kernel turned by half a turn.",
        ),
    ),
)
