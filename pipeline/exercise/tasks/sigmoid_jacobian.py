"""dy/dx of y = s(W x), exercise 5-1 (a)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(W, x):
    """dy/dx, n x d."""
    y = 1 / (1 + np.exp(-W @ x))
    return np.diag(y * (1 - y)) @ W


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _slope(a):
    return _sigmoid(a) * (1 - _sigmoid(a))


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    outputs, inputs = (2, 3) if size == 0 else (int(n) for n in rng.integers(2, 6, 2))
    inputs = outputs if size % 3 == 2 else inputs
    return {"W": numbers(rng, size, outputs, inputs), "x": numbers(rng, size, inputs)}


MISTAKES = (
    Mistake(
        name="the other layout",
        advice="Numerator layout has a row for each output: diag(s') W, not its transpose W^T diag(s').",
        form=lambda W, x: solve(W, x).T,
    ),
    Mistake(
        name="diag(s') forgotten",
        advice="W alone is the derivative of W x; the chain rule multiplies row i by s'(w_i^T x).",
        form=lambda W, x: W,
    ),
    Mistake(
        name="diag(s') on the wrong side",
        advice="diag(s') is to the left of W, so that it scales the rows (outputs), not the columns (inputs).",
        form=lambda W, x: W @ np.diag(_slope(W @ x)) if len(W) == len(x) else None,
    ),
    Mistake(
        name="s' of the output instead of s' of W x",
        advice="The slope is s'(a) with a = W x. Given y it is y (1 - y), not s(y) (1 - s(y)).",
        form=lambda W, x: _slope(_sigmoid(W @ x))[:, None] * W,
    ),
    Mistake(
        name="s instead of s'",
        advice="The rows are scaled by s(a); take the derivative s'(a) = s(a) (1 - s(a)).",
        form=lambda W, x: _sigmoid(W @ x)[:, None] * W,
    ),
    Mistake(
        name="slope of the hyperbolic tangent",
        advice="1 - y^2 is the slope of tanh; that of the logistic function is y (1 - y).",
        form=lambda W, x: (1 - _sigmoid(W @ x) ** 2)[:, None] * W,
    ),
    Mistake(
        name="factor 1 - s forgotten",
        advice="s'(a) = s(a) (1 - s(a)); here the rows are scaled only by 1 - s(a).",
        form=lambda W, x: (1 - _sigmoid(W @ x))[:, None] * W,
    ),
)

EXERCISE = Exercise(
    name="sigmoid-jacobian",
    subject="recurrent",
    title="The Jacobian of s(W x), 5-1 (a)",
    task=(
        "Let $y = \\sigma(W x)$ with $W \\in \\mathbb{R}^{n \\times d}$ and the logistic function $\\sigma$ applied "
        "to each entry. Derive $\\partial y/\\partial x$ in numerator layout and write it as a function."
    ),
    arguments={"W": "the weights, n x d", "x": "the input, d"},
    returns="dy/dx, n x d",
    inputs=_inputs,
    solve=solve,
    reference=lambda W, x: _slope(W @ x)[:, None] * W,
    mistakes=MISTAKES,
    steps=(
        "$y_i = \\sigma(a_i)$ with $a_i = w_i^T x$, the $i$-th row of $W$ times $x$.",
        "Chain rule: $\\frac{\\partial y_i}{\\partial x_j} = \\sigma'(a_i) \\frac{\\partial a_i}{\\partial x_j} = "
        "\\sigma'(a_i)\\, w_{ij}$.",
        "Row $i$ of $W$ is scaled by $\\sigma'(a_i)$: $\\frac{\\partial y}{\\partial x} = "
        "\\mathrm{diag}(\\sigma'(a))\\, W$.",
        "For the logistic function $\\sigma'(a) = \\sigma(a)(1 - \\sigma(a)) = y (1 - y)$, at most 1/4.",
    ),
)
