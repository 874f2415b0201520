"""Singular values of a product of step Jacobians by QR along it, in log scale: the product is never multiplied out."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..passes.cells import Linearization

# A value counts as resolved if rounding in one step changes it by less than this share.
RELATIVE_ERROR = 1e-3


@dataclass(frozen=True, kw_only=True)
class SingularValues:
    """Natural logarithms of the largest singular values of a product, with how far the sweeps have settled."""

    log_values: Tensor
    """count, float64, decreasing; -inf for a singular value of 0."""
    change: float
    """The largest change of a logarithm in the last sweep."""
    sweeps: int
    converged: bool
    """Whether the change is within the tolerance."""
    resolved: bool
    """Whether every value lies above what rounding makes of a single step."""


def sweep_singular_values(
    linear: Linearization,
    steps: range,
    size: int,
    count: int,
    tolerance: float,
    max_sweeps: int,
    every: int = 1,
    wanted: int | None = None,
) -> SingularValues:
    """Log singular values of a product by QR along it, forwards and backwards in turn.

    Each sweep multiplies an orthonormal block of `count` columns through all steps, with a QR every `every` steps at
    most, and adds log|diag R|. Forward and transposed sweeps in turn are a subspace iteration on P^T P: the error falls
    by (s_{i+1}/s_i)^2 per pair. Between two QRs the columns lean towards the largest direction, and what is smaller
    than it by more than the dtype's precision is lost; so the interval is halved until the values of an interval lie
    within sqrt(eps) of each other, or it is one step. wanted: how many of the largest must settle, all by default. The
    dtype is that of the linearisation.
    """
    block, eps = _start(linear, size, count), torch.finfo(linear.weights.weight_hh.dtype).eps
    known, change, sweep = torch.zeros(count, dtype=torch.float64), math.inf, 0
    order, wanted, resolved = list(steps), wanted or count, True
    if not order:
        return SingularValues(log_values=known, change=0.0, sweeps=0, converged=True, resolved=True)
    while sweep < max_sweeps and (change > tolerance or sweep < 2):
        apply = linear.vjp_state if sweep % 2 else linear.jvp
        found, logs, spread = _one_sweep(apply, order[::-1] if sweep % 2 else order, block, every, wanted)
        if every > 1 and spread > -math.log(eps) / 2:
            every = max(every // 2, 1)
            continue
        block, sweep, resolved = found, sweep + 1, eps * size * math.exp(spread) < RELATIVE_ERROR
        logs = logs.sort(descending=True).values
        moved = torch.where(logs == known, 0.0, (logs - known).abs()).nan_to_num(nan=math.inf)
        change, known = moved[:wanted].max().item(), logs
    return SingularValues(
        log_values=known, change=change, sweeps=sweep, converged=change <= tolerance, resolved=resolved
    )


def _start(linear: Linearization, size: int, count: int) -> Tensor:
    start = torch.randn(size, count, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return torch.linalg.qr(start.to(linear.weights.weight_hh))[0]


def _one_sweep(apply, order: list[int], block: Tensor, every: int, wanted: int) -> tuple[Tensor, Tensor, float]:
    """The block after the last step, the sums of log|diag R|, and their largest spread within an interval."""
    logs, spread = torch.zeros(block.shape[1], dtype=torch.float64), 0.0
    for start in range(0, len(order), every):
        rows = block.T[:, None]
        for step in order[start : start + every]:
            rows = apply(step, rows)
        block, triangle = torch.linalg.qr(rows[:, 0].T)
        found = triangle.diagonal().abs().double().log().cpu()
        logs += found
        alive = found[:wanted][found[:wanted] > -math.inf]  # an exact 0 loses nothing
        if len(alive):
            spread = max(spread, (alive.max() - alive.min()).item())
    return block, logs, spread
