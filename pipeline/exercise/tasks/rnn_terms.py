"""The ten terms of dL/dW for T = 3, exercise 5-2 (a)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake
from . import elman


def solve(W, U, b, h, x):
    """G, 4 x 4 x H x H, indexed by t, then k."""
    states = [h]
    for step in x:
        states.append(np.tanh(W @ states[-1] + U @ step + b))
    G = np.zeros((len(x), len(x), *W.shape))
    for t in range(len(x)):
        row = states[t + 1]
        for k in range(t, -1, -1):
            row = row * (1 - states[k + 1] ** 2)
            G[t, k] = np.outer(row, states[k])
            row = row @ W
    return G


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    return elman.inputs(rng, size, steps=4)


def _with_products(product):
    """The terms with `product(jacobians, t, k)` in place of J_t ... J_{k+1}."""

    def form(W, U, b, h, x):
        every = elman.states(W, U, b, h, x)
        jacobians, result = elman.step_jacobians(W, every[1:]), np.zeros((4, 4, *W.shape))
        for t in range(4):
            for k in range(t + 1):
                row = every[t + 1] @ product(jacobians, t, k)
                result[t, k] = np.outer(row * (1 - every[k + 1] ** 2), every[k])
        return result

    return form


def _chain(factors, size):
    return np.linalg.multi_dot([np.eye(size), *factors, np.eye(size)])


def _latest_first(jacobians, t, k):
    return _chain(jacobians[k + 1 : t + 1][::-1], len(jacobians[0]))


def _summed(jacobians, t, k):
    return jacobians[k + 1 : t + 1].sum(0) if t > k else np.eye(len(jacobians[0]))


def _changed(change):
    def form(W, U, b, h, x):
        return change(elman.terms(W, U, b, h, x))

    return form


def _without_the_last(terms):
    terms[3, 3] = 0
    return terms


def _as_in_the_notes(terms):
    """(2, 0) and (3, 1) twice, (3, 0) four times and (3, 3) not at all."""
    counts = np.ones((4, 4))
    counts[2, 0] = counts[3, 1] = 2
    counts[3, 0], counts[3, 3] = 4, 0
    return counts[:, :, None, None] * terms


MISTAKES = (
    Mistake(
        name="a power of one Jacobian",
        advice="The steps have different slopes: write J_3 J_2 J_1, not J_3^3.",
        form=_with_products(lambda j, t, k: np.linalg.matrix_power(j[t], t - k)),
    ),
    Mistake(
        name="factors in the opposite order",
        advice="In numerator layout the latest Jacobian is leftmost: J_t J_{t-1} ... J_{k+1}.",
        form=_with_products(lambda j, t, k: _chain(j[k + 1 : t + 1], len(j[0]))),
    ),
    Mistake(
        name="a sum instead of the product",
        advice="dh_t/dh_k is the product of the Jacobians between k and t, not their sum.",
        form=_with_products(_summed),
    ),
    Mistake(
        name="one factor too many",
        advice="The product runs from t down to k + 1; J_k belongs to the step from k - 1 to k.",
        form=_with_products(lambda j, t, k: _chain(j[k : t + 1][::-1], len(j[0]))),
    ),
    Mistake(
        name="one factor too few",
        advice="The product runs from t down to k + 1, t - k factors in all.",
        form=_with_products(lambda j, t, k: _chain(j[k + 2 : t + 1][::-1], len(j[0]))),
    ),
    Mistake(
        name="the term (3, 3) missing",
        advice="T = 3 has the steps 0 to 3 and ten terms; (3, 3) is one of them.",
        form=_changed(_without_the_last),
    ),
    Mistake(
        name="terms repeated and one missing",
        advice="(2, 0) and (3, 1) occur twice, (3, 0) four times and (3, 3) not at all; write each pair k <= t once.",
        form=_changed(_as_in_the_notes),
    ),
    Mistake(
        name="t and k exchanged",
        advice="The first index is the step of the loss, the second the step at which W is used.",
        form=_changed(lambda terms: terms.swapaxes(0, 1)),
    ),
)

EXERCISE = Exercise(
    name="rnn-terms",
    subject="recurrent",
    title="T = 3 written out, 5-2 (a)",
    task=(
        "Write out the double sum of the previous exercise for $T = 3$, that is for the steps $t = 0, 1, 2, 3$. How "
        "many terms are there? Write a function that gives each term\n"
        "$$G_{tk} = \\frac{\\partial L_t}{\\partial h_t}\\, J_t J_{t-1} \\cdots J_{k+1}\\, "
        "\\frac{\\partial^+ h_k}{\\partial W}, \\quad J_i = \\mathrm{diag}(1 - h_i^2)\\, W,$$\n"
        "as an $H \\times H$ matrix, and 0 for $k > t$."
    ),
    arguments={
        "W": "recurrent weights, H x H",
        "U": "input weights, H x D",
        "b": "bias, H",
        "h": "the state before the first step, H",
        "x": "the inputs, 4 x D",
    },
    returns="G, 4 x 4 x H x H, indexed by t, then k",
    inputs=_inputs,
    solve=solve,
    reference=_with_products(_latest_first),
    mistakes=MISTAKES,
    steps=(
        "Steps 0 to $T$ have $(T+1)(T+2)/2$ pairs $k \\le t$; for $T = 3$ that is 10, each written once.",
        "$t = 0$: $\\frac{\\partial L_0}{\\partial h_0} \\frac{\\partial^+ h_0}{\\partial W}$.",
        "$t = 1$: $\\frac{\\partial L_1}{\\partial h_1} J_1 \\frac{\\partial^+ h_0}{\\partial W} + "
        "\\frac{\\partial L_1}{\\partial h_1} \\frac{\\partial^+ h_1}{\\partial W}$.",
        "$t = 2$: $\\frac{\\partial L_2}{\\partial h_2} J_2 J_1 \\frac{\\partial^+ h_0}{\\partial W} + "
        "\\frac{\\partial L_2}{\\partial h_2} J_2 \\frac{\\partial^+ h_1}{\\partial W} + "
        "\\frac{\\partial L_2}{\\partial h_2} \\frac{\\partial^+ h_2}{\\partial W}$.",
        "$t = 3$: $\\frac{\\partial L_3}{\\partial h_3} J_3 J_2 J_1 \\frac{\\partial^+ h_0}{\\partial W} + "
        "\\frac{\\partial L_3}{\\partial h_3} J_3 J_2 \\frac{\\partial^+ h_1}{\\partial W} + "
        "\\frac{\\partial L_3}{\\partial h_3} J_3 \\frac{\\partial^+ h_2}{\\partial W} + "
        "\\frac{\\partial L_3}{\\partial h_3} \\frac{\\partial^+ h_3}{\\partial W}$.",
        "$J_3 J_2 J_1$ is not $J^3$: the three have different slopes.",
    ),
)
