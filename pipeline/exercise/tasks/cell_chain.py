"""dC_t/dC_k of an LSTM over several steps."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake
from . import cell
from .cell import Parts, hidden_slope
from .cell_jacobian import inputs as one_step


def solve(x, C, o, W, U, b):
    """dC_n/dC_0, H x H."""
    H = len(C)
    h, dC, dh = o * np.tanh(C), np.eye(H), np.diag(o * (1 - np.tanh(C) ** 2))
    for step in x:
        a = W @ h + U @ step + b
        f, i, o = 1 / (1 + np.exp(-a[:3]))
        c = np.tanh(a[3])
        df, di, do = (np.diag(g * (1 - g)) @ W[n] @ dh for n, g in enumerate((f, i, o)))
        dc = np.diag(1 - c**2) @ W[3] @ dh
        dC = np.diag(f) @ dC + np.diag(C) @ df + np.diag(c) @ di + np.diag(i) @ dc
        C = f * C + i * c
        dh = np.diag(np.tanh(C)) @ do + np.diag(o * (1 - np.tanh(C) ** 2)) @ dC
        h = o * np.tanh(C)
    return dC


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    one = one_step(rng, size)
    steps = 2 if size == 0 else int(rng.integers(3, 6))
    x = np.stack([one["x"] * (1 if size == 0 else rng.standard_normal()) for _ in range(steps)])
    return one | {"x": x}


def _steps(x, C, o, W, U, b) -> list[Parts]:
    h, parts = o * np.tanh(C), []
    for step in x:
        parts.append(Parts.of(step, h, C, W, U, b))
        C, h = parts[-1].C_after, parts[-1].o * np.tanh(parts[-1].C_after)
    return parts


def _product(factors):
    result = factors[0]
    for factor in factors[1:]:
        result = factor @ result
    return result


def _blocks(through_start=True, through_states=True):
    """P_CC + P_Ch diag(o (1 - tanh^2 C)), or a part of it."""

    def form(x, C, o, W, U, b):
        H, product = len(C), _product([p.state for p in _steps(x, C, o, W, U, b)])
        cells, hidden = product[H:, H:], product[H:, :H] * hidden_slope(C, o)
        return cells * through_states + hidden * through_start

    return form


def _one_step_fulls(x, C, o, W, U, b):
    factors, before = [], o
    for p in _steps(x, C, o, W, U, b):
        factors.append(np.diag(p.f) + sum(p.terms) * hidden_slope(p.C, before))
        before = p.o
    return _product(factors)


def _reversed_states(x, C, o, W, U, b):
    H, states = len(C), [p.state for p in _steps(x, C, o, W, U, b)]
    product = _product(states[::-1])
    return product[H:, H:] + product[H:, :H] * hidden_slope(C, o)


MISTAKES = (
    Mistake(
        name="product of the one-step Jacobians",
        advice="The one-step full dC/dC cannot be multiplied over time: o_t depends on C too. Chain the state (h, C).",
        form=_one_step_fulls,
    ),
    Mistake(
        name="product of the forget gates",
        advice="This is only the direct path, with h held fixed at every step; add the paths through h.",
        form=lambda x, C, o, W, U, b: np.diag(np.prod([p.f for p in _steps(x, C, o, W, U, b)], 0)),
    ),
    Mistake(
        name="the path through the first h left out",
        advice="C_0 also moves h_0 = o_0 tanh(C_0): add P_Ch diag(o_0 (1 - tanh^2 C_0)) to P_CC.",
        form=_blocks(through_start=False),
    ),
    Mistake(
        name="only the path through the first h",
        advice="C_0 also acts directly on the next cell: add the block P_CC.",
        form=_blocks(through_states=False),
    ),
    Mistake(
        name="factors in the opposite order",
        advice="In numerator layout the latest step is leftmost.",
        form=_reversed_states,
    ),
    Mistake(
        name="Jacobian in the other layout",
        advice="This is the transpose, the denominator layout; entry (i, j) is dC_t[i]/dC_0[j].",
        form=lambda x, C, o, W, U, b: _blocks()(x, C, o, W, U, b).T,
    ),
    Mistake(
        name="one step only",
        advice="This is dC_1/dC_0; go on to the last step.",
        form=lambda x, C, o, W, U, b: _one_step_fulls(x[:1], C, o, W, U, b),
    ),
)

EXERCISE = Exercise(
    name="cell-chain",
    subject="recurrent",
    title="dC_t/dC_0 over several steps",
    task=(
        "Extend the previous exercise to several steps: give $\\partial C_t/\\partial C_0$ after all inputs in $x$, "
        "where $C_0$ acts directly and through $h_0 = o_0 \\odot \\tanh(C_0)$ with $o_0$ held fixed. Is it the product "
        f"of the one-step Jacobians? {cell.GATES}"
    ),
    arguments={
        "x": "the inputs of the steps, n x D",
        "C": "the cell before the first step, H",
        "o": "the output gate of the step before, H",
        "W": "4 x H x H",
        "U": "4 x H x D",
        "b": "4 x H",
    },
    returns="dC_n/dC_0, H x H",
    inputs=_inputs,
    solve=solve,
    reference=_blocks(),
    mistakes=MISTAKES,
    steps=(
        "What a step needs from the past is the pair $(h, C)$; its Jacobian $S_t$ is $2H \\times 2H$ with the blocks "
        "$B_t = \\partial h_t/\\partial h_{t-1}$, $E_t = \\partial h_t/\\partial C_{t-1}$, $A_t$ and "
        "$\\mathrm{diag}(f_t)$.",
        "These chain: $P = S_n \\cdots S_1$.",
        "Start with a change of $C_0$: $h_0$ changes by $\\mathrm{diag}(o_0 (1 - \\tanh^2 C_0))$ times it. So "
        "$\\frac{\\partial C_n}{\\partial C_0} = P_{CC} + P_{Ch}\\, \\mathrm{diag}(o_0 (1 - \\tanh^2 C_0))$.",
        "The product of the one-step Jacobians holds each $o_t$ fixed, though $o_t$ depends on $C_0$ through "
        "$h_{t-1}$; from two steps on it is another matrix.",
    ),
)
