"""dL/dx of a layer of true convolution."""

import numpy as np

from .. import arrays
from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(g, w):
    """dL/dx, B x C x (h + k - 1) x (v + l - 1)."""
    rows, columns = w.shape[2:]
    high, wide = g.shape[2] + rows - 1, g.shape[3] + columns - 1
    dx = np.zeros((len(g), w.shape[1], high, wide))
    for m in range(rows):
        for n in range(columns):
            top, left = rows - 1 - m, columns - 1 - n
            part = np.einsum("boij,oc->bcij", g, w[:, :, m, n])
            dx[:, :, top : top + g.shape[2], left : left + g.shape[3]] += part
    return dx


def _reference(g, w, operation="convolution"):
    size = tuple(n + k - 1 for n, k in zip(g.shape[2:], w.shape[2:], strict=True))
    return arrays.input_gradient(g, w, size, operation)


def _layer(g, w, padding):
    return arrays.layer(g, w.swapaxes(0, 1), padding=padding)


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    if size == 0:
        return {"g": numbers(rng, size, 1, 1, 2, 2), "w": numbers(rng, size, 1, 1, 2, 2)}
    images, channels, filters = (int(n) for n in rng.integers(2, 4, 3))
    filters = channels if size % 2 else filters
    kernel = rng.integers(2, 4, 2)
    outputs = kernel.max() + rng.integers(1, 4, 2)
    return {"g": numbers(rng, size, images, filters, *outputs), "w": numbers(rng, size, filters, channels, *kernel)}


MISTAKES = (
    Mistake(
        name="kernel flipped",
        advice="This is the gradient of a cross-correlation layer; a convolution layer's is a full correlation of g.",
        form=lambda g, w: _reference(g, w, "cross_correlation"),
    ),
    Mistake(
        name="rows of the kernel flipped",
        advice="The rows of the kernel are in reverse order; no axis is flipped here.",
        form=lambda g, w: _reference(g, w[:, :, ::-1]),
    ),
    Mistake(
        name="columns of the kernel flipped",
        advice="The columns of the kernel are in reverse order; no axis is flipped here.",
        form=lambda g, w: _reference(g, w[..., ::-1]),
    ),
    Mistake(
        name="kernel transposed",
        advice="Rows and columns of each kernel are exchanged.",
        form=lambda g, w: _reference(g, w.swapaxes(2, 3)),
    ),
    Mistake(
        name="channels not exchanged",
        advice="Sum over the output channels o: w[o, c] leads from o back to c, so w's two channel axes change places.",
        form=lambda g, w: _reference(g, w.swapaxes(0, 1)) if w.shape[0] == w.shape[1] > 1 else None,
    ),
    Mistake(
        name="valid instead of full",
        advice="Pixels at the border took part in fewer outputs, not in none: dL/dx has the size of x (full).",
        form=lambda g, w: _layer(g, w, "valid"),
    ),
    Mistake(
        name="same instead of full",
        advice="dL/dx has the size of x, H + k - 1 for g of size H; the result has the size of g.",
        form=lambda g, w: _layer(g, w, "same"),
    ),
    Mistake(
        name="mean over the output channels",
        advice="The contributions of the output channels are added, not averaged.",
        form=lambda g, w: _reference(g, w) / w.shape[0],
    ),
)

EXERCISE = Exercise(
    name="convolution-input-gradient",
    subject="convolution",
    title="dL/dx of a layer of true convolution",
    task=(
        "The layer of the previous exercise, $y_{b,o,i,j} = \\sum_{c,m,n} w_{o,c,m,n}\\, "
        "x_{b,c,\\, i+k-1-m,\\, j+l-1-n}$, is linear in $x$. Derive $\\partial L/\\partial x$ from "
        "$g = \\partial L/\\partial y$ and write it as a function, without automatic differentiation."
    ),
    arguments={"g": "dL/dy, B x O x h x v", "w": "the kernels, O x C x k x l"},
    returns="dL/dx, B x C x (h + k - 1) x (v + l - 1)",
    inputs=_inputs,
    solve=solve,
    reference=_reference,
    mistakes=MISTAKES,
    steps=(
        "Sample $x_{bcpq}$ takes part in the outputs with $i + k - 1 - m = p$ and $j + l - 1 - n = q$, each time with "
        "the factor $w_{ocmn}$.",
        "So $\\frac{\\partial L}{\\partial x_{bcpq}} = \\sum_{o,m,n} g_{bo,\\, p-(k-1)+m,\\, q-(l-1)+n}\\, w_{ocmn}$ "
        "with $g = 0$ outside.",
        "Both indices of $g$ grow with those of $w$: this is the full cross-correlation of $g$ with $w$, summed over "
        "the output channels.",
        "In the language of matrices: $y = A x$ and $\\partial L/\\partial x = A^T g$; the transpose of convolution "
        "is correlation.",
    ),
)
