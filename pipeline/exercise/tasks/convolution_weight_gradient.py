"""dL/dw of a layer of true convolution."""

import numpy as np

from .. import arrays
from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(x, g):
    """dL/dw, O x C x k x l."""
    rows, columns = x.shape[2] - g.shape[2] + 1, x.shape[3] - g.shape[3] + 1
    dw = np.zeros((g.shape[1], x.shape[1], rows, columns))
    for m in range(rows):
        for n in range(columns):
            patch = x[:, :, rows - 1 - m :, columns - 1 - n :][:, :, : g.shape[2], : g.shape[3]]
            dw[:, :, m, n] = np.einsum("boij,bcij->oc", g, patch)
    return dw


def _reference(x, g, operation="convolution"):
    kernel = tuple(n - size + 1 for n, size in zip(x.shape[2:], g.shape[2:], strict=True))
    return arrays.weight_gradient(x, g, kernel, operation)


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    if size == 0:
        return {"x": numbers(rng, size, 1, 1, 3, 3), "g": numbers(rng, size, 1, 1, 2, 2)}
    images, channels, filters = (int(n) for n in rng.integers(2, 4, 3))
    outputs, kernel = rng.integers(2, 5, 2), rng.integers(2, 4, 2)
    return {
        "x": numbers(rng, size, images, channels, *(outputs + kernel - 1)),
        "g": numbers(rng, size, images, filters, *outputs),
    }


MISTAKES = (
    Mistake(
        name="gradient not flipped",
        advice="This is the gradient of a cross-correlation layer; for a convolution layer turn it by half a turn.",
        form=lambda x, g: _reference(x, g, "cross_correlation"),
    ),
    Mistake(
        name="only the rows flipped",
        advice="Flip the columns of the gradient too.",
        form=lambda x, g: _reference(x, g)[..., ::-1],
    ),
    Mistake(
        name="only the columns flipped",
        advice="Flip the rows of the gradient too.",
        form=lambda x, g: _reference(x, g)[:, :, ::-1],
    ),
    Mistake(
        name="mean over the images",
        advice="The gradient is summed over the images; if a mean is wanted, g already contains it.",
        form=lambda x, g: _reference(x, g) / len(x),
    ),
    Mistake(
        name="first image only",
        advice="Sum over all images, not only the first one.",
        form=lambda x, g: _reference(x[:1], g[:1]),
    ),
    Mistake(
        name="channels exchanged",
        advice="The gradient has the shape of w: output channels first, then input channels.",
        form=lambda x, g: _reference(x, g).swapaxes(0, 1),
    ),
    Mistake(
        name="x convolved with g",
        advice="x and g are read in opposite directions; dL/dw correlates them and then turns the result.",
        form=lambda x, g: _reference(x, g[..., ::-1, ::-1]),
    ),
    Mistake(
        name="gradient transposed",
        advice="Rows and columns of each kernel's gradient are exchanged.",
        form=lambda x, g: _reference(x, g).swapaxes(2, 3),
    ),
)

EXERCISE = Exercise(
    name="convolution-weight-gradient",
    subject="convolution",
    title="dL/dw of a layer of true convolution",
    task=(
        "A layer without padding computes\n"
        "$$y_{b,o,i,j} = \\sum_{c,m,n} w_{o,c,m,n}\\, x_{b,c,\\, i+k-1-m,\\, j+l-1-n}.$$\n"
        "Derive $\\partial L/\\partial w$ from $g = \\partial L/\\partial y$ and write it as a function, without "
        "automatic differentiation."
    ),
    arguments={"x": "the images, B x C x H x W", "g": "dL/dy, B x O x (H - k + 1) x (W - l + 1)"},
    returns="dL/dw, O x C x k x l",
    inputs=_inputs,
    solve=solve,
    reference=_reference,
    mistakes=MISTAKES,
    steps=(
        "Every output uses every tap: $\\frac{\\partial L}{\\partial w_{ocmn}} = \\sum_{b,i,j} g_{boij} "
        "\\frac{\\partial y_{boij}}{\\partial w_{ocmn}}$.",
        "The derivative of the sum is the sample that the tap meets: $x_{bc,\\, i+k-1-m,\\, j+l-1-n}$.",
        "Let $m' = k - 1 - m$ and $n' = l - 1 - n$. Then $\\sum_{b,i,j} g_{boij}\\, x_{bc,\\, i+m',\\, j+n'}$ is the "
        "valid cross-correlation of $x$ with $g$ at $(m', n')$.",
        "So $\\partial L/\\partial w$ is that cross-correlation turned by half a turn, summed over the images.",
    ),
)
