"""True convolution of an image and a kernel, "full"."""

import numpy as np

from .. import arrays
from ..exercise import Exercise, Mistake
from .planes import plane


def solve(x, w):
    """y, (H + k - 1) x (W + l - 1)."""
    y = np.zeros((x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1))
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            y[m : m + x.shape[0], n : n + x.shape[1]] += w[m, n] * x
    return y


def _wrapped(x, w):
    spectrum = np.fft.fft2(x) * np.fft.fft2(w, x.shape)
    return np.fft.ifft2(spectrum).real


MISTAKES = (
    Mistake(
        name="kernel not flipped",
        advice="This is cross-correlation. The index of x falls as that of w grows: x[i - m, j - n] w[m, n].",
        form=lambda x, w: arrays.convolve(x, w[::-1, ::-1]),
    ),
    Mistake(
        name="only the rows flipped",
        advice="The rows are flipped and the columns are not; a half turn flips both.",
        form=lambda x, w: arrays.convolve(x, w[:, ::-1]),
    ),
    Mistake(
        name="only the columns flipped",
        advice="The columns are flipped and the rows are not; a half turn flips both.",
        form=lambda x, w: arrays.convolve(x, w[::-1]),
    ),
    Mistake(
        name="transposed instead of flipped",
        advice="A transpose exchanges rows and columns; convolution turns the kernel by half a turn, w[::-1, ::-1].",
        form=lambda x, w: arrays.correlate(x, w.T),
    ),
    Mistake(
        name="kernel flipped and transposed",
        advice="The half turn is right, but rows and columns of the kernel are also exchanged.",
        form=lambda x, w: arrays.convolve(x, w.T),
    ),
    Mistake(
        name="valid instead of full",
        advice="Only the places inside the image are there; full has every place where image and kernel overlap.",
        form=lambda x, w: arrays.convolve(x, w, "valid"),
    ),
    Mistake(
        name="same instead of full",
        advice="The result has the size of the image; full has H + k - 1 rows and W + l - 1 columns.",
        form=lambda x, w: arrays.convolve(x, w, "same"),
    ),
    Mistake(
        name="wrapped around the border",
        advice="The product of two spectra of the image's size convolves on a circle; pad both to H + k - 1 first.",
        form=_wrapped,
    ),
)

EXERCISE = Exercise(
    name="convolve-by-hand",
    subject="convolution",
    title="True convolution of an image and a kernel",
    task=(
        "Signal processing's convolution\n"
        "$$y_{ij} = \\sum_{m,n} x_{i-m,\\, j-n}\\, w_{mn}$$\n"
        "reads the image backwards. With $x = 0$ outside the image there are $(H + k - 1)(W + l - 1)$ places at which "
        "the two overlap (full). Compute it by hand for the numbers below, then write the function without a library's "
        "convolution."
    ),
    arguments={"x": "the image, H x W", "w": "the kernel, k x l"},
    returns="y, (H + k - 1) x (W + l - 1)",
    inputs=plane,
    solve=solve,
    reference=arrays.convolve,
    mistakes=MISTAKES,
    steps=(
        "Each tap $w_{mn}$ adds a copy of the image, moved by $(m, n)$: $y_{m + a,\\, n + b} \\mathrel{+}= w_{mn} "
        "x_{ab}$. That is the definition with $a = i - m$ and $b = j - n$.",
        "So a single 1 in the image leaves the kernel itself at that place; with cross-correlation it leaves the "
        "kernel turned by half a turn.",
        "The same with a turned kernel and cross-correlation: $x * w = x \\star w'$ with $w'_{mn} = w_{k-1-m,\\, "
        "l-1-n}$, on an image padded by $k - 1$ rows and $l - 1$ columns of zeros on each side.",
    ),
    questions=(
        (
            "For which kernels do convolution and cross-correlation agree on every image?",
            "For those that a half turn leaves as they are, and only for those: on a single dot the results are the "
            "kernel and the turned kernel.",
        ),
        (
            "Which of the two operators commutes?",
            "Convolution, $x * w = w * x$ (substitute $m \\to i - m$). Cross-correlation does not: exchanging the two "
            "turns the result by half a turn.",
        ),
    ),
)
