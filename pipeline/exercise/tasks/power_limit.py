"""The limit of lambda^n, exercise 5-2 (c)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake

_VALUES = (-1.0, 2.0, -0.5, 1.0, 1j, -1.5, 0.3 + 0.4j, 0.5, -1.2 + 0.9j, (3 + 4j) / 5)


def solve(eigenvalue):
    """One of "diverges", "vanishes", "stays" or "no limit"."""
    modulus = abs(eigenvalue)
    if modulus > 1 + 1e-12:
        return "diverges"
    if modulus < 1 - 1e-12:
        return "vanishes"
    return "stays" if abs(eigenvalue - 1) < 1e-12 else "no limit"


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    return {"eigenvalue": complex(_VALUES[size])}


def _by_value(eigenvalue):
    if eigenvalue.imag:
        return None
    return "diverges" if eigenvalue.real > 1 else "stays" if eigenvalue == 1 else "vanishes"


def _circle(answer):
    return lambda eigenvalue: answer if solve(eigenvalue) == "no limit" else solve(eigenvalue)


MISTAKES = (
    Mistake(
        name="limits by lambda instead of its modulus",
        advice="(-1.5)^n diverges though -1.5 < 1: compare |lambda| with 1.",
        form=_by_value,
    ),
    Mistake(
        name="every |lambda| = 1 stays",
        advice="Only lambda = 1 stays; (-1)^n and i^n go round the unit circle and have no limit.",
        form=_circle("stays"),
    ),
    Mistake(
        name="|lambda| = 1 vanishes",
        advice="|lambda|^n = 1 for all n: the power does not go to 0.",
        form=_circle("vanishes"),
    ),
    Mistake(
        name="|lambda| = 1 diverges",
        advice="The power stays bounded, |lambda^n| = 1; it has no limit, and does not grow.",
        form=_circle("diverges"),
    ),
)

EXERCISE = Exercise(
    name="power-limit",
    subject="recurrent",
    title="The limit of the powers of an eigenvalue, 5-2 (c)",
    task=(
        "What does $\\lambda^n$ do as $n \\to \\infty$? Write a function that says it for a complex $\\lambda$: "
        '`"diverges"` ($|\\lambda^n|$ grows without bound), `"vanishes"` (goes to 0), `"stays"` (converges to another '
        'number) or `"no limit"` (bounded without a limit). Allow for rounding of 1e-12.'
    ),
    arguments={"eigenvalue": "a complex number"},
    returns='"diverges", "vanishes", "stays" or "no limit"',
    inputs=_inputs,
    solve=solve,
    reference=solve,
    mistakes=MISTAKES,
    steps=(
        "$|\\lambda^n| = |\\lambda|^n$: above 1 it grows without bound, below 1 it goes to 0.",
        "On the unit circle $\\lambda = e^{i\\varphi}$ and $\\lambda^n = e^{in\\varphi}$ goes round. It converges for "
        "$\\varphi = 0$ alone.",
        "The limits of $\\lambda^n$ do not decide whether a network's gradient vanishes: its step Jacobians differ "
        "from each other and need not share eigenvectors.",
    ),
)
