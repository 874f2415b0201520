"""dz/dx of z = x^T W^T in both layouts (the notes' update 1)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(x, W, layout):
    """dz/dx, n x d in numerator layout and d x n in denominator layout."""
    return W if layout == "numerator" else W.T


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    outputs, inputs = (2, 3) if size == 0 else (int(n) for n in rng.integers(2, 6, 2))
    layout = ("denominator", "numerator")[size % 2]
    return {"x": numbers(rng, size, inputs), "W": numbers(rng, size, outputs, inputs), "layout": layout}


def _outer(x, W, layout):
    return np.outer(W @ x, x) if layout == "numerator" else np.outer(x, W @ x)


MISTAKES = (
    Mistake(
        name="the other layout",
        advice="Numerator layout has a row for each output z_i, denominator layout a row for each input x_j.",
        form=lambda x, W, layout: W.T if layout == "numerator" else W,
    ),
    Mistake(
        name="always the numerator layout",
        advice="In denominator layout the result has a row for each input x_j: W^T, d x n.",
        form=lambda x, W, layout: W,
    ),
    Mistake(
        name="always the denominator layout",
        advice="In numerator layout the result has a row for each output z_i: W, n x d.",
        form=lambda x, W, layout: W.T,
    ),
    Mistake(
        name="derivative by W instead of that by x",
        advice="z is linear in x, so dz/dx contains only weights; x itself does not appear.",
        form=_outer,
    ),
    Mistake(
        name="z instead of its derivative",
        advice="This is z itself. Its derivative is a matrix with one entry for each pair of output and input.",
        form=lambda x, W, layout: W @ x,
    ),
)

EXERCISE = Exercise(
    name="linear-jacobian",
    subject="recurrent",
    title="The Jacobian of z = x^T W^T in both layouts",
    task=(
        "Let $x \\in \\mathbb{R}^d$, $W \\in \\mathbb{R}^{n \\times d}$ and $z = x^T W^T$, a row of $n$ numbers. Write "
        "$\\partial z/\\partial x$ down in numerator layout (entry $(i, j)$ is $\\partial z_i/\\partial x_j$) and in "
        "denominator layout (entry $(i, j)$ is $\\partial z_j/\\partial x_i$)."
    ),
    arguments={"x": "the input, d", "W": "the weights, n x d", "layout": '"numerator" or "denominator"'},
    returns="dz/dx, n x d in numerator layout and d x n in denominator layout",
    inputs=_inputs,
    solve=solve,
    reference=solve,
    mistakes=MISTAKES,
    steps=(
        "$z_i = \\sum_j w_{ij} x_j$, whether $z$ is written as a row or as a column.",
        "So $\\partial z_i/\\partial x_j = w_{ij}$.",
        "Numerator layout, a row for each output: $W$, of $n \\times d$. Denominator layout, a row for each input: "
        "$W^T$, of $d \\times n$.",
        "Neither is wrong. Choose one and keep it: in denominator layout the factors of the chain rule stand in the "
        "opposite order.",
    ),
    questions=(
        (
            "$f(x) = Cx$ and $L = g^T f$. Is the gradient $\\partial L/\\partial x$ a product with $C$ or with $C^T$?",
            "As a row it is $g^T C$, as a column $C^T g$. `x.grad` has the shape of $x$ and holds the numbers of "
            "$C^T g$.",
        ),
    ),
)
