"""Measure every identity between correlation and convolution: its error, and that of a mistake it must expose."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from . import adjoint_statements, statements
from .grid import Draw, Pair

TOLERANCES = {torch.float64: 1e-12, torch.complex128: 1e-12}
"""Largest relative error that passes; 1e-5 for any other dtype."""
MUST_FAIL = 1e-2
"""Smallest relative error that the wrong form must have."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One measured identity."""

    name: str
    """The statement."""
    error: float
    """Largest relative error between its two sides over the grid; inf if one is not finite."""
    cases: int
    """Number of cases in the grid."""
    wrong: str
    """The mistake that must not satisfy it."""
    wrong_error: float
    """Largest relative error with that mistake."""
    tolerance: float
    """Largest error that passes."""

    @property
    def holds(self) -> bool:
        """Whether the identity holds and the mistake is detected; a mistake that is not finite does not count."""
        return self.error <= self.tolerance and MUST_FAIL <= self.wrong_error < math.inf


def verify_identities(
    dtype: torch.dtype = torch.float64, device: torch.device | str = "cpu", seed: int = 0
) -> list[Identity]:
    """Measure every identity in this dtype (floating-point) on this device; one row each, in a fixed order."""
    everything = [*statements.statement, *adjoint_statements.statement]
    return [_measure(name, wrong, check(Draw(dtype, device, seed)), dtype) for name, wrong, check in everything]


def _measure(name: str, wrong: str, cases: Iterator[tuple[Pair, Pair]], dtype: torch.dtype) -> Identity:
    errors = [(_relative(*right), _relative(*mistaken)) for right, mistaken in cases]
    right, mistaken = (max(column) for column in zip(*errors, strict=True))
    tolerance = TOLERANCES.get(dtype, 1e-5)
    return Identity(
        name=name, error=right, cases=len(errors), wrong=wrong, wrong_error=mistaken, tolerance=tolerance
    )  # fmt: skip


def _relative(left: torch.Tensor, right: torch.Tensor) -> float:
    error = ((left - right).abs().max() / right.abs().max()).item()
    # max would drop a NaN.
    return error if math.isfinite(error) else math.inf
