"""The backward pass of a fused recurrent kernel, computed step by step in closed form, as the kernel hides its own.

After the kernel's own forward pass, it computes one vector-Jacobian product per step, from the last step to the first.
It does what the kernel's backward pass does, except for the gradients of the weights, and also returns the adjoint of
every gate. Nothing is unrolled under autograd.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import RecurrentError
from .cells import CellWeights, Linearization
from .trajectory import run_fused


def step_adjoints(linearization: Linearization, hidden: Tensor, cell: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Adjoints of all steps from the immediate partials, for sequences of equal length T.

    hidden: T x B x P, d+L/dh_t, where the last step includes d+L/dh_n. cell: B x H, d+L/dC_n of an LSTM.
    Returns dL/d(W_ih x_k + b_ih), T x B x gH, and dL/d(state before the first step), B x S.
    """
    width, adjoints = linearization.weights.output_size, []
    row = hidden.new_zeros(hidden.shape[1], linearization.weights.state_size)
    if cell is not None:
        row[:, width:] = cell
    for step in range(linearization.steps - 1, -1, -1):
        row[:, :width] += hidden[step]
        gates, row = linearization.vjp(step, row)
        adjoints.append(gates)
    return torch.stack(adjoints[::-1]), row


def refuse_second_order(*_) -> None:
    """Refuse a backward pass that is part of the graph itself, as for a gradient penalty.

    The loss would then use every weight a second time, which the adjoints do not include.
    """
    if torch.is_grad_enabled():
        raise RecurrentError(
            "the loss holds a gradient through the recurrent module (create_graph=True), and the adjoints of one "
            "pass do not give such a loss's gradient: record the loss without that term"
        )


class KernelWithAdjoints(torch.autograd.Function):
    """A fused kernel whose backward pass is `step_adjoints`; the gradient of its probe is the adjoint of the gates."""

    @staticmethod
    def forward(
        ctx,
        probe: Tensor,
        x: Tensor,
        h0: Tensor,
        c0: Tensor | None,
        weights: CellWeights,
        lengths: Tensor,
        linearization: Callable[[], Linearization],
        *parameters: Tensor,
    ):
        """probe: T x B x gH, zeros whose gradient is wanted. linearization: returns that of this call, afterwards.

        parameters: the weights again, so that a second-order gradient with respect to them can be refused.
        """
        ctx.weights, ctx.linearization = weights.detached(), linearization
        h, (h_n, c_n) = run_fused(ctx.weights, x, h0, c0, lengths)
        return h, h_n, c_n

    @staticmethod
    def backward(ctx, hidden: Tensor, h_n: Tensor, c_n: Tensor | None):
        """Gradients of probe, x, h0 and c0; raises RecurrentError under create_graph."""
        refuse_second_order()
        hidden = torch.cat([hidden[:-1], hidden[-1:] + h_n])
        gates, first = step_adjoints(ctx.linearization(), hidden, c_n)
        width = ctx.weights.output_size
        c0 = None if c_n is None else first[:, width:]
        return gates, gates @ ctx.weights.weight_ih, first[:, :width], c0, *[None] * (len(ctx.needs_input_grad) - 4)
