"""dL/dW of a recurrent network as a double sum, exercise 5-1 (b)."""

import numpy as np

from ..exercise import Exercise, Mistake
from . import elman


def solve(W, U, b, h, x):
    """dL/dW, H x H."""
    states = [h]
    for step in x:
        states.append(np.tanh(W @ states[-1] + U @ step + b))
    dW = np.zeros_like(W)
    for t in range(1, len(states)):
        row = states[t]  # dL_t/dh_t
        for k in range(t, 0, -1):
            row = row * (1 - states[k] ** 2)  # back through tanh
            dW += np.outer(row, states[k - 1])
            row = row @ W  # back to h_{k-1}
    return dW


def _reference(W, U, b, h, x):
    """One backward sweep that carries the sum of all later losses, unlike `solve`."""
    every, dW, row = elman.states(W, U, b, h, x), np.zeros_like(W), 0.0
    for t in range(len(x), 0, -1):
        row = (row + every[t]) * (1 - every[t] ** 2)
        dW += np.outer(row, every[t - 1])
        row = row @ W
    return dW


def _sum(weights):
    """The double sum with each term counted `weights(t, k)` times."""

    def form(W, U, b, h, x):
        t, k = np.indices((len(x), len(x)))
        return np.einsum("tk,tkij->ij", weights(t, k), elman.terms(W, U, b, h, x))

    return form


def _slope_of_state(W, U, b, h, x):
    slope = 1 - np.tanh(elman.states(W, U, b, h, x)[1:]) ** 2
    return elman.terms(W, U, b, h, x, slope=slope, jacobians=slope[:, :, None] * W).sum((0, 1))


def _no_slope(W, U, b, h, x):
    ones = np.ones((len(x), len(W)))
    return elman.terms(W, U, b, h, x, slope=ones, jacobians=ones[:, :, None] * W).sum((0, 1))


def _slope_on_the_right(W, U, b, h, x):
    slope = 1 - elman.states(W, U, b, h, x)[1:] ** 2
    return elman.terms(W, U, b, h, x, jacobians=W * slope[:, None, :]).sum((0, 1))


def _transposed_jacobians(W, U, b, h, x):
    jacobians = elman.step_jacobians(W, elman.states(W, U, b, h, x)[1:])
    return elman.terms(W, U, b, h, x, jacobians=jacobians.swapaxes(1, 2)).sum((0, 1))


def _state_after(W, U, b, h, x):
    return elman.terms(W, U, b, h, x, before=elman.states(W, U, b, h, x)[1:]).sum((0, 1))


def _logistic_slope(W, U, b, h, x):
    after = elman.states(W, U, b, h, x)[1:]
    slope = after * (1 - after)
    return elman.terms(W, U, b, h, x, slope=slope, jacobians=slope[:, :, None] * W).sum((0, 1))


MISTAKES = (
    Mistake(
        name="the sum over t without the sum over k",
        advice="h_t depends on W also through h_{t-1}, h_{t-2}, ...: add a term for every k <= t, not only for k = t.",
        form=_sum(lambda t, k: t == k),
    ),
    Mistake(
        name="the last loss only",
        advice="Every step has a loss: sum over all t, not only the last one.",
        form=_sum(lambda t, k: t == t.max()),
    ),
    Mistake(
        name="the terms of the first step left out",
        advice="h_0 = tanh(W h_{-1} + ...) uses W too: the sum over k starts at the first step.",
        form=_sum(lambda t, k: k > 0),
    ),
    Mistake(
        name="the terms with k = t left out",
        advice="The sum over k includes k = t, whose product of Jacobians is empty, the identity.",
        form=_sum(lambda t, k: k < t),
    ),
    Mistake(
        name="the terms with k = t counted twice",
        advice="Each pair (t, k) with k <= t is counted once; the terms with k = t are in the sum twice.",
        form=_sum(lambda t, k: 1 + (t == k)),
    ),
    Mistake(
        name="the terms with k = 0 counted twice",
        advice="Each pair (t, k) with k <= t is counted once; the terms of the first step are in the sum twice.",
        form=_sum(lambda t, k: 1 + (k == 0)),
    ),
    Mistake(
        name="total derivative instead of the immediate one",
        advice="dh_k/dW in the sum holds h_{k-1} fixed; with the total derivative paths are counted repeatedly.",
        form=_sum(lambda t, k: t - k + 1),
    ),
    Mistake(
        name="tanh' of the state instead of tanh' before it",
        advice="The slope at a_t is 1 - h_t^2; 1 - tanh(h_t)^2 applies tanh twice.",
        form=_slope_of_state,
    ),
    Mistake(
        name="tanh' forgotten",
        advice="Each step back multiplies by tanh'(a_k) = 1 - h_k^2 as well as by W.",
        form=_no_slope,
    ),
    Mistake(
        name="diag(tanh') on the wrong side of W",
        advice="dh_t/dh_{t-1} = diag(1 - h_t^2) W: the slope scales the rows of W, not its columns.",
        form=_slope_on_the_right,
    ),
    Mistake(
        name="Jacobians in the other layout",
        advice="The row dL/dh_t is multiplied by diag(tanh') W from the right; the transpose of that was used.",
        form=_transposed_jacobians,
    ),
    Mistake(
        name="state after the step for the state before it",
        advice="The immediate derivative of h_k by W is h_{k-1}, the state that W multiplies, not h_k.",
        form=_state_after,
    ),
    Mistake(
        name="slope of the logistic function",
        advice="h (1 - h) is the slope of the logistic function; that of tanh is 1 - h^2.",
        form=_logistic_slope,
    ),
    Mistake(
        name="gradient transposed",
        advice="dL/dW has the shape of W: row i belongs to output i of W.",
        form=lambda W, U, b, h, x: _reference(W, U, b, h, x).T,
    ),
)

EXERCISE = Exercise(
    name="rnn-gradient",
    subject="recurrent",
    title="dL/dW as a double sum, 5-1 (b)",
    task=(
        "A recurrent network computes $h_t = \\tanh(W h_{t-1} + U x_t + b)$ for $t = 0, \\ldots, T$ from a given "
        "$h_{-1}$, and the loss is $L = \\sum_t L_t$ with $L_t = |h_t|^2/2$. Derive\n"
        "$$\\frac{\\partial L}{\\partial W} = \\sum_{t=0}^{T} \\sum_{k=0}^{t} \\frac{\\partial L_t}{\\partial h_t} "
        "\\frac{\\partial h_t}{\\partial h_k} \\frac{\\partial^+ h_k}{\\partial W}$$\n"
        "where $\\partial^+$ holds $h_{k-1}$ fixed, and write it as a function without automatic differentiation."
    ),
    arguments={
        "W": "recurrent weights, H x H",
        "U": "input weights, H x D",
        "b": "bias, H",
        "h": "the state before the first step, H",
        "x": "the inputs, (T + 1) x D",
    },
    returns="dL/dW, H x H",
    inputs=elman.inputs,
    solve=solve,
    reference=_reference,
    mistakes=MISTAKES,
    steps=(
        "$L$ is a sum, so $\\partial L/\\partial W = \\sum_t \\partial L_t/\\partial W$ with "
        "$\\partial L_t/\\partial h_t = h_t^T$, a row.",
        "$h_t$ uses $W$ at every step $k \\le t$. Vary only the copy of $W$ at step $k$: "
        "$\\frac{\\partial L_t}{\\partial h_t} \\frac{\\partial h_t}{\\partial h_k} \\frac{\\partial^+ h_k}{\\partial "
        "W}$. The sum over $k$ is the total derivative.",
        "$\\frac{\\partial h_t}{\\partial h_k} = \\prod_{i=t}^{k+1} \\mathrm{diag}(1 - h_i^2)\\, W$, the latest factor "
        "leftmost, the identity for $k = t$.",
        "With the row $r = h_t^T \\frac{\\partial h_t}{\\partial h_k}$ the term is the matrix "
        "$(\\mathrm{diag}(1 - h_k^2)\\, r^T)\\, h_{k-1}^T$.",
        "There are $(T + 1)(T + 2)/2$ terms. Summing $r$ over $t$ first gives back-propagation through time: one sweep "
        "from the last step to the first.",
    ),
)
