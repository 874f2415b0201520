"""One step of an LSTM, exercises 5-3 (a) and (b)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake, numbers
from . import cell


def solve(x, h, C, W, U, b):
    """C_t and h_t, 2 x H."""
    a = W @ h + U @ x + b
    f, i, o = 1 / (1 + np.exp(-a[:3]))
    C = f * C + i * np.tanh(a[3])
    return np.array([C, o * np.tanh(C)])


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    rest = cell.inputs(rng, size)
    h, C = (0.5 * numbers(rng, size, rest["W"].shape[1]) for _ in range(2))
    return {"x": rest.pop("x"), "h": h, "C": C} | rest


def _step(change):
    """A step whose C_t and h_t are `change(f, i, o, c, C)`."""

    def form(x, h, C, W, U, b):
        return np.array(change(*cell.gates(x, h, W, U, b), C))

    return form


def _cell_then_hidden(new_cell):
    return _step(lambda f, i, o, c, C: (new_cell(f, i, o, c, C), o * np.tanh(new_cell(f, i, o, c, C))))


def _activations(gate, candidate):
    def form(x, h, C, W, U, b):
        a = W @ h + U @ x + b
        f, i, o = gate(a[:3])
        C = f * C + i * candidate(a[3])
        return np.array([C, o * np.tanh(C)])

    return form


def _reordered(order):
    return lambda x, h, C, W, U, b: solve(x, h, C, W[order], U[order], b[order])


MISTAKES = (
    Mistake(
        name="the forget gate read as the share thrown away",
        advice="f = 1 keeps the cell and f = 0 clears it: C_t = f C_{t-1} + ..., not (1 - f) C_{t-1} + ...",
        form=_cell_then_hidden(lambda f, i, o, c, C: (1 - f) * C + i * c),
    ),
    Mistake(
        name="tanh of the cell left out",
        advice="h_t = o_t tanh(C_t), not o_t C_t.",
        form=_step(lambda f, i, o, c, C: (f * C + i * c, o * (f * C + i * c))),
    ),
    Mistake(
        name="output gate left out",
        advice="h_t = o_t tanh(C_t); the factor o_t is missing.",
        form=_step(lambda f, i, o, c, C: (f * C + i * c, np.tanh(f * C + i * c))),
    ),
    Mistake(
        name="input gate left out",
        advice="The candidate is multiplied by the input gate i_t.",
        form=_cell_then_hidden(lambda f, i, o, c, C: f * C + c),
    ),
    Mistake(
        name="forget gate left out",
        advice="The old cell is multiplied by the forget gate f_t.",
        form=_cell_then_hidden(lambda f, i, o, c, C: C + i * c),
    ),
    Mistake(
        name="h_t from the cell before the step",
        advice="h_t = o_t tanh(C_t) uses the new cell.",
        form=_step(lambda f, i, o, c, C: (f * C + i * c, o * np.tanh(C))),
    ),
    Mistake(
        name="logistic function for the candidate",
        advice="The candidate is a tanh, so that the cell can fall as well as rise.",
        form=_activations(cell.sigmoid, cell.sigmoid),
    ),
    Mistake(
        name="tanh for the gates",
        advice="The gates are logistic, between 0 and 1: shares that are kept, written and read.",
        form=_activations(np.tanh, np.tanh),
    ),
    Mistake(
        name="forget and input gate exchanged",
        advice="The order is forget, input, output, candidate.",
        form=_reordered([1, 0, 2, 3]),
    ),
    Mistake(
        name="gates in PyTorch's order",
        advice="PyTorch's order is input, forget, candidate, output; here it is forget, input, output, candidate.",
        form=_reordered([1, 0, 3, 2]),
    ),
)

EXERCISE = Exercise(
    name="lstm-step",
    subject="recurrent",
    title="The gates of an LSTM, 5-3 (a) and (b)",
    task=(
        "Write one step of an LSTM,\n"
        "$$C_t = f_t \\odot C_{t-1} + i_t \\odot \\tilde{C}_t, \\quad h_t = o_t \\odot \\tanh(C_t),$$\n"
        "with $f_t, i_t, o_t = \\sigma(W h_{t-1} + U x_t + b)$ and $\\tilde{C}_t = \\tanh(W h_{t-1} + U x_t + b)$, "
        f"each with its own weights. {cell.GATES}"
    ),
    arguments={
        "x": "the input, D",
        "h": "the state before the step, H",
        "C": "the cell before the step, H",
        "W": "4 x H x H",
        "U": "4 x H x D",
        "b": "4 x H",
    },
    returns="C_t and h_t, 2 x H",
    inputs=_inputs,
    solve=solve,
    reference=_cell_then_hidden(lambda f, i, o, c, C: f * C + i * c),
    mistakes=MISTAKES,
    steps=(
        "Compute the four activations from $h_{t-1}$ and $x_t$: three logistic functions and one tanh.",
        "Keep the share $f_t$ of the old cell and write the share $i_t$ of the candidate.",
        "Read the share $o_t$ of $\\tanh(C_t)$.",
    ),
    questions=(
        (
            "What do the three gates do?",
            "The forget gate decides which share of each entry of the old cell stays (1 keeps, 0 clears). The input "
            "gate decides which share of the candidate is added. The output gate decides which share of "
            "$\\tanh(C_t)$ the rest of the network sees.",
        ),
        (
            "Why are $f$, $i$ and $o$ positive, and why is the candidate a tanh?",
            "The gates are shares between 0 and 1: they scale and do not change a sign. The candidate carries the "
            "content; a tanh has both signs, so that the cell can be raised and lowered, and mean 0.",
        ),
    ),
)
