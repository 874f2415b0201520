"""The bound on |dh_t/dh_k|, exercise 5-2 (c)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(W, lag, activation):
    """The bound, a number."""
    steepest = 1.0 if activation == "tanh" else 0.25
    largest = np.linalg.svd(W, compute_uv=False)[0]
    return (steepest * largest) ** lag


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    width, lag = (2, 2) if size == 0 else (int(rng.integers(2, 6)), int(rng.integers(2, 7)))
    return {"W": numbers(rng, size, width, width), "lag": lag, "activation": ("logistic", "tanh")[size % 2]}


def _steepest(activation):
    return 1.0 if activation == "tanh" else 0.25


def _with_size(size_of):
    return lambda W, lag, activation: (_steepest(activation) * size_of(W)) ** lag


def _with_slope(logistic, tanh):
    def form(W, lag, activation):
        return ((tanh if activation == "tanh" else logistic) * np.linalg.norm(W, 2)) ** lag

    return form


MISTAKES = (
    Mistake(
        name="spectral radius instead of the largest singular value",
        advice="The eigenvalues do not bound the norm of a product; take the largest singular value of W.",
        form=_with_size(lambda W: np.abs(np.linalg.eigvals(W)).max()),
    ),
    Mistake(
        name="Frobenius norm instead of the largest singular value",
        advice="The Frobenius norm combines all singular values; the tightest bound uses only the largest one.",
        form=_with_size(np.linalg.norm),
    ),
    Mistake(
        name="largest entry instead of the largest singular value",
        advice="The largest entry of W does not bound |W v|; take the largest singular value.",
        form=_with_size(lambda W: np.abs(W).max()),
    ),
    Mistake(
        name="slope of the logistic function taken as 1",
        advice="The logistic function is steepest at 0, where its slope is 1/4.",
        form=_with_slope(1.0, 1.0),
    ),
    Mistake(
        name="slope of the logistic function taken as 1/2",
        advice="s'(0) = s(0)(1 - s(0)) = 1/2 times 1/2 = 1/4.",
        form=_with_slope(0.5, 1.0),
    ),
    Mistake(
        name="slope of tanh taken as 1/4",
        advice="tanh'(0) = 1; 1/4 belongs to the logistic function.",
        form=_with_slope(0.25, 0.25),
    ),
    Mistake(
        name="one factor only",
        advice="There is one factor for each of the t - k steps: raise it to the power of the lag.",
        form=lambda W, lag, activation: _steepest(activation) * np.linalg.norm(W, 2),
    ),
    Mistake(
        name="the slope counted once",
        advice="The slope enters at every step: (gamma s_1)^lag, not gamma s_1^lag.",
        form=lambda W, lag, activation: (
            0.25 * np.linalg.norm(W, 2) ** lag if activation == "logistic" else np.linalg.norm(W, 2) ** lag
        ),
    ),
)

EXERCISE = Exercise(
    name="gradient-bound",
    subject="recurrent",
    title="A bound on the gradient over t - k steps, 5-2 (c)",
    task=(
        "With $h_i = \\sigma(W h_{i-1} + U x_i + b)$ show that\n"
        "$$\\left\\| \\frac{\\partial h_t}{\\partial h_k} \\right\\|_2 \\le (\\gamma\\, s_1(W))^{t-k}, \\quad \\gamma "
        "= \\sup_a |\\sigma'(a)|,$$\n"
        "with $s_1$ the largest singular value, and find $\\gamma$ for tanh and for the logistic function. Write a "
        "function that gives the bound."
    ),
    arguments={
        "W": "the weights, H x H",
        "lag": "t - k, a whole number",
        "activation": '"tanh" or "logistic"',
    },
    returns="the bound, a number",
    inputs=_inputs,
    solve=solve,
    reference=_with_slope(0.25, 1.0),
    mistakes=MISTAKES,
    steps=(
        "$\\frac{\\partial h_t}{\\partial h_k} = \\prod_{i=t}^{k+1} \\mathrm{diag}(\\sigma'(a_i))\\, W$, and the norm "
        "of a product is at most the product of the norms.",
        "$\\|\\mathrm{diag}(\\sigma'(a_i))\\|_2 = \\max_j |\\sigma'(a_{ij})| \\le \\gamma$ and $\\|W\\|_2 = s_1(W)$.",
        "tanh' $= 1 - \\tanh^2 \\le 1$. For the logistic function $\\sigma' = \\sigma(1 - \\sigma)$ is largest at "
        "$\\sigma = 1/2$: $\\gamma = 1/4$.",
        "If $\\gamma s_1 < 1$ the gradient over $t - k$ steps vanishes. If $\\gamma s_1 > 1$ it can grow, but "
        "need not: the condition is necessary for exploding, not sufficient.",
    ),
)
