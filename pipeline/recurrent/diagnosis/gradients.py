"""Figures of the gradient, from the adjoints of one layer in one direction."""

import torch
from torch import Tensor

from ..passes.recording import DirectionAdjoints


def by_step(adjoints: DirectionAdjoints) -> Tensor:
    """The norm over the batch of dL/d(gates' pre-activations) at each step: T, float64, in the order of time."""
    direction = adjoints.trajectory
    squares = adjoints.gates.double().square().sum(-1, keepdim=True)  # 0 after a sequence's end
    return direction.in_time(squares)[..., 0].sum(1).sqrt().cpu()


def last_loss(adjoints: DirectionAdjoints) -> int:
    """The last step, in the direction's order, that gets a gradient from outside; 0 if none does."""
    arrives = adjoints.hidden_immediate.flatten(1).any(1)
    if adjoints.cell_immediate is not None and adjoints.cell_immediate.any():
        arrives[-1] = True
    steps = arrives.nonzero()
    return int(steps[-1]) if len(steps) else 0


def output_reached(adjoints: DirectionAdjoints) -> bool:
    """Whether a nonzero gradient reaches the output or the final state."""
    cell = adjoints.cell_immediate
    return bool(adjoints.hidden_immediate.any()) or (cell is not None and bool(cell.any()))


def cancellation(adjoints: DirectionAdjoints) -> float:
    """sum_k |G_k| / |sum_k G_k| of W_hh, G_k = sum over the batch and all losses; 1 without a gradient."""
    u, v = adjoints.hidden_gates.double(), adjoints.trajectory.h_before.double()
    u = u / u.abs().max().clamp_min(1e-300)
    norms = ((u @ u.mT) * (v @ v.mT)).sum((-2, -1)).clamp(min=0).sqrt().sum()
    total = torch.einsum("tbi,tbj->ij", u, v).norm()
    return (norms / total).item() if norms > 0 else 1.0


def half_error(adjoints: DirectionAdjoints) -> float:
    """|dL/dW - dL/dW of adjoints rounded to float16| / |dL/dW|, the larger of W_ih and W_hh.

    Adjoints count by their size: small ones that float16 rounds to 0 matter only if their sum does.
    """
    direction, exact = adjoints.trajectory, adjoints.gates.double()
    limit = torch.finfo(torch.float16).max
    lost = exact.clamp(-limit, limit).half().double() - exact
    errors = [0.0]
    for of_gates, inputs in (
        (lambda gates: gates, direction.x),
        (direction.linearization.to(torch.float64).hidden_side, direction.h_before),
    ):
        whole, change = (torch.einsum("tbi,tbj->ij", of_gates(g), inputs.double()).norm() for g in (exact, lost))
        if whole > 0:
            errors.append((change / whole).item())
    return max(errors)
