"""dC_t/dC_{t-1} of an LSTM, exercise 5-3 (c)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake, numbers
from . import cell
from .cell import Parts, hidden_slope


def solve(x, C, o, W, U, b):
    """dC_t/dC_{t-1}, H x H."""
    h = o * np.tanh(C)
    a = W @ h + U @ x + b
    f, i, _ = 1 / (1 + np.exp(-a[:3]))
    c = np.tanh(a[3])
    dC_dh = (
        np.diag(C * f * (1 - f)) @ W[0]  # forget gate
        + np.diag(c * i * (1 - i)) @ W[1]  # input gate
        + np.diag(i * (1 - c**2)) @ W[3]  # candidate
    )
    return np.diag(f) + dC_dh @ np.diag(o * (1 - np.tanh(C) ** 2))


def inputs(rng: np.random.Generator, size: int) -> Inputs:
    rest = cell.inputs(rng, size)
    hidden = rest["W"].shape[1]
    C = (0.5 if size == 0 else 1.5) * numbers(rng, size, hidden)
    o = rng.choice([0.25, 0.5, 0.75], hidden) if size == 0 else rng.uniform(0.2, 0.9, hidden)
    return {"x": rest.pop("x"), "C": C, "o": o} | rest


def _form(change):
    """`change(parts, slope)` with the parts of the step and the diagonal of dh_{t-1}/dC_{t-1}."""

    def form(x, C, o, W, U, b):
        return change(Parts.of(x, o * np.tanh(C), C, W, U, b), hidden_slope(C, o))

    return form


def _with_slope(slope_of):
    """The full Jacobian with `slope_of(parts, o)` for the diagonal of dh_{t-1}/dC_{t-1}."""

    def form(x, C, o, W, U, b):
        parts = Parts.of(x, o * np.tanh(C), C, W, U, b)
        return np.diag(parts.f) + sum(parts.terms) * slope_of(parts, o)

    return form


def _without(position):
    def change(p, slope):
        return np.diag(p.f) + sum(term for n, term in enumerate(p.terms) if n != position) * slope

    return _form(change)


def _columns(p, slope):
    """df/dC times C entry by entry: C scales the columns instead of the rows."""
    forget = (p.f * (1 - p.f))[:, None] * p.W[0] * slope * p.C
    return np.diag(p.f) + forget + (p.terms[1] + p.terms[2]) * slope


def _twice_sloped(p, slope):
    s = cell.sigmoid
    rows = (p.C * s(p.f) * (1 - s(p.f)), p.c * s(p.i) * (1 - s(p.i)), p.i * (1 - np.tanh(p.c) ** 2))
    terms = sum(row[:, None] * p.W[gate] for row, gate in zip(rows, (0, 1, 3), strict=True))
    return np.diag(p.f) + terms * slope


def _without_candidate_weights(p, slope):
    return np.diag(p.f) + (p.terms[0] + p.terms[1]) * slope + np.diag(p.i * (1 - p.c**2) * slope)


def _rows_scaled(p, slope):
    return np.diag(p.f) + slope[:, None] * sum(p.terms)


MISTAKES = (
    Mistake(
        name="the direct part diag(f) instead of the full Jacobian",
        advice="C_{t-1} also acts through h_{t-1} on the two gates and the candidate; add that path to diag(f).",
        form=_form(lambda p, slope: np.diag(p.f)),
    ),
    Mistake(
        name="diag(f) left out",
        advice="The direct path C_t = f C_{t-1} + ... adds diag(f_t).",
        form=_form(lambda p, slope: sum(p.terms) * slope),
    ),
    Mistake(
        name="o left out of dh/dC",
        advice="h_{t-1} = o_{t-1} tanh(C_{t-1}): its slope is o_{t-1} (1 - tanh^2 C_{t-1}).",
        form=_with_slope(lambda p, o: 1 - np.tanh(p.C) ** 2),
    ),
    Mistake(
        name="tanh' left out of dh/dC",
        advice="h_{t-1} = o_{t-1} tanh(C_{t-1}): its slope is o_{t-1} (1 - tanh^2 C_{t-1}).",
        form=_with_slope(lambda p, o: o),
    ),
    Mistake(
        name="dh/dC left out",
        advice="A_t is dC_t/dh_{t-1}; multiply it by dh_{t-1}/dC_{t-1} = diag(o (1 - tanh^2 C_{t-1})).",
        form=_with_slope(lambda p, o: 1.0),
    ),
    Mistake(
        name="tanh' at C_t instead of tanh' at C_{t-1}",
        advice="h_{t-1} is a function of C_{t-1}; take the slope there.",
        form=_with_slope(lambda p, o: o * (1 - np.tanh(p.C_after) ** 2)),
    ),
    Mistake(
        name="tanh' of tanh",
        advice="The slope is 1 - tanh(C)^2; tanh was applied twice.",
        form=_with_slope(lambda p, o: o * (1 - np.tanh(np.tanh(p.C)) ** 2)),
    ),
    Mistake(
        name="o_t instead of o_{t-1}",
        advice="h_{t-1} was computed with the output gate of the previous step, the argument o.",
        form=_with_slope(lambda p, o: p.o * (1 - np.tanh(p.C) ** 2)),
    ),
    Mistake(
        name="C added to tanh'",
        advice="dh_{t-1}/dC_{t-1} is o (1 - tanh^2 C); C itself is not part of it.",
        form=_with_slope(lambda p, o: p.C + 1 - np.tanh(p.C) ** 2),
    ),
    Mistake(
        name="path through the forget gate left out",
        advice="f_t depends on h_{t-1}: the term diag(C f (1 - f)) W_f is missing.",
        form=_without(0),
    ),
    Mistake(
        name="path through the input gate left out",
        advice="i_t depends on h_{t-1}: the term diag(c i (1 - i)) W_i is missing.",
        form=_without(1),
    ),
    Mistake(
        name="path through the candidate left out",
        advice="The candidate depends on h_{t-1}: the term diag(i (1 - c^2)) W_c is missing.",
        form=_without(2),
    ),
    Mistake(
        name="W_c left out",
        advice="The third term is diag(i (1 - c^2)) W_c dh/dC: the weights of the candidate are missing.",
        form=_form(_without_candidate_weights),
    ),
    Mistake(
        name="C scales the columns",
        advice="C_{t-1} multiplies the rows of df_t/dC_{t-1}: write diag(C) df/dC.",
        form=_form(_columns),
    ),
    Mistake(
        name="dh/dC on the wrong side",
        advice="dh_{t-1}/dC_{t-1} is to the right of W and scales its columns.",
        form=_form(_rows_scaled),
    ),
    Mistake(
        name="slopes of the gates' outputs",
        advice="The slope at the gate's argument is f (1 - f); s'(f) applies the function twice.",
        form=_form(_twice_sloped),
    ),
    Mistake(
        name="Jacobian in the other layout",
        advice="This is the transpose, the denominator layout; entry (i, j) is dC_t[i]/dC_{t-1}[j].",
        form=_form(lambda p, slope: (np.diag(p.f) + sum(p.terms) * slope).T),
    ),
)

EXERCISE = Exercise(
    name="cell-jacobian",
    subject="recurrent",
    title="dC_t/dC_{t-1} of an LSTM, 5-3 (c)",
    task=(
        "For an LSTM step derive the full $\\partial C_t/\\partial C_{t-1}$ in numerator layout. $C_{t-1}$ acts "
        "directly and through $h_{t-1} = o_{t-1} \\odot \\tanh(C_{t-1})$; the gate $o_{t-1}$ is held fixed. "
        f"{cell.GATES}"
    ),
    arguments={
        "x": "the input x_t, D",
        "C": "the cell before the step, H",
        "o": "the output gate of the step before, H",
        "W": "4 x H x H",
        "U": "4 x H x D",
        "b": "4 x H",
    },
    returns="dC_t/dC_{t-1}, H x H",
    inputs=inputs,
    solve=solve,
    reference=_form(lambda p, slope: np.diag(p.f) + sum(p.terms) * slope),
    mistakes=MISTAKES,
    steps=(
        "$C_t = f_t \\odot C_{t-1} + i_t \\odot \\tilde{C}_t$. With $h_{t-1}$ fixed only the first factor remains: "
        "the direct part is $\\mathrm{diag}(f_t)$.",
        "All three of $f_t$, $i_t$ and $\\tilde{C}_t$ depend on $h_{t-1}$: $A_t = \\mathrm{diag}(C_{t-1} f_t (1 - "
        "f_t)) W_f + \\mathrm{diag}(\\tilde{C}_t i_t (1 - i_t)) W_i + \\mathrm{diag}(i_t (1 - \\tilde{C}_t^2)) W_c$.",
        "$\\frac{\\partial h_{t-1}}{\\partial C_{t-1}} = \\mathrm{diag}(o_{t-1} (1 - \\tanh^2 C_{t-1}))$.",
        "Together: $\\frac{\\partial C_t}{\\partial C_{t-1}} = \\mathrm{diag}(f_t) + A_t\\, \\mathrm{diag}(o_{t-1} (1 "
        "- \\tanh^2 C_{t-1}))$.",
        "It is near $I$ if $f_t$ is near 1 and the second part is small.",
    ),
)
