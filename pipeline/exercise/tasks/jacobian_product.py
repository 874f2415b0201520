"""prod_i diag(d_i) W, exercise 5-2 (c)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(d, W):
    """The product, H x H."""
    product = np.eye(len(W))
    for slope in d:
        product = np.diag(slope) @ W @ product
    return product


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    steps, width = (2, 2) if size == 0 else (int(n) for n in rng.integers(2, 5, 2))
    return {"d": numbers(rng, size, steps, width), "W": numbers(rng, size, width, width)}


def _chain(factors):
    return np.linalg.multi_dot(factors) if len(factors) > 1 else factors[0]


MISTAKES = (
    Mistake(
        name="diagonals and weights collected",
        advice="diag(d) and W do not commute: prod diag(d_i) W is not prod diag(d_i) times W^n.",
        form=lambda d, W: d.prod(0)[:, None] * np.linalg.matrix_power(W, len(d)),
    ),
    Mistake(
        name="factors in the opposite order",
        advice="The last step is leftmost: diag(d_n) W ... diag(d_1) W.",
        form=lambda d, W: _chain([slope[:, None] * W for slope in d]),
    ),
    Mistake(
        name="a power of the first factor",
        advice="The slopes differ from step to step: multiply out the n different factors.",
        form=lambda d, W: np.linalg.matrix_power(d[0][:, None] * W, len(d)),
    ),
    Mistake(
        name="a power of the last factor",
        advice="The slopes differ from step to step: multiply out the n different factors.",
        form=lambda d, W: np.linalg.matrix_power(d[-1][:, None] * W, len(d)),
    ),
    Mistake(
        name="a sum instead of the product",
        advice="The chain rule multiplies the Jacobians of the steps; it does not add them.",
        form=lambda d, W: d.sum(0)[:, None] * W,
    ),
    Mistake(
        name="diag(d) on the wrong side of W",
        advice="Each factor is diag(d_i) W: d_i scales the rows of W, not the columns.",
        form=lambda d, W: _chain([W * slope for slope in d[::-1]]),
    ),
    Mistake(
        name="product in the other layout",
        advice="This is the transpose, the denominator layout; give the numerator layout.",
        form=lambda d, W: solve(d, W).T,
    ),
    Mistake(
        name="entries multiplied instead of the matrices",
        advice="The factors are multiplied as matrices (@), not entry by entry (*).",
        form=lambda d, W: d.prod(0)[:, None] * W ** len(d),
    ),
)

EXERCISE = Exercise(
    name="jacobian-product",
    subject="recurrent",
    title="The product of the step Jacobians, 5-2 (c)",
    task=(
        "The Jacobian over $n$ steps is\n"
        "$$\\frac{\\partial h_n}{\\partial h_0} = \\prod_{i=n}^{1} \\mathrm{diag}(d_i)\\, W,$$\n"
        "the latest factor leftmost. Is it $\\mathrm{diag}(d)^n W^n$ if all $d_i = d$? Write the function for any "
        "$d_i$."
    ),
    arguments={"d": "the slopes of the steps 1 to n, n x H", "W": "the weights, H x H"},
    returns="the product, H x H",
    inputs=_inputs,
    solve=solve,
    reference=lambda d, W: _chain([slope[:, None] * W for slope in d[::-1]]),
    mistakes=MISTAKES,
    steps=(
        "Chain rule in numerator layout: $\\frac{\\partial h_n}{\\partial h_0} = \\frac{\\partial h_n}{\\partial "
        "h_{n-1}} \\cdots \\frac{\\partial h_1}{\\partial h_0}$.",
        "Each factor is $\\mathrm{diag}(d_i)\\, W$, which scales the rows of $W$.",
        "$\\mathrm{diag}(d)\\, W\\, \\mathrm{diag}(d)\\, W \\ne \\mathrm{diag}(d)^2 W^2$, because the two do not "
        "commute. They do if $\\mathrm{diag}(d)$ is a multiple of $I$, or if $W$ is diagonal too.",
    ),
)
