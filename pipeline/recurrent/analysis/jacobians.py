"""Jacobians of one step in closed form, in a layout that is always named.

Numerator layout (the default): dy/dx has a row for each output. Denominator layout: its transpose, and the chain rule's
factors in the opposite order.
"""

import torch
from torch import Tensor

from ..errors import RecurrentError
from ..passes.cells import (
    CellWeights,
    Linearization,
    hidden_preactivations,
    input_preactivations,
    linearize,
    lstm_gates,
)
from ..passes.trajectory import DirectionTrajectory, Trajectory

LSTM_KINDS = ("direct", "indirect", "full", "state")


def in_layout(jacobian: Tensor, layout: str) -> Tensor:
    """A Jacobian given in numerator layout, in the layout asked for ("numerator" or "denominator")."""
    if layout not in ("numerator", "denominator"):
        raise RecurrentError(f'the layout is "numerator" or "denominator", not {layout!r}')
    return jacobian if layout == "numerator" else jacobian.mT


def linear(weight: Tensor, layout: str = "numerator") -> Tensor:
    """d(W x)/dx: W (n x d) in numerator layout, W^T (d x n) in denominator layout."""
    return in_layout(weight, layout)


def elementwise(slope: Tensor, weight: Tensor, layout: str = "numerator") -> Tensor:
    """d s(W x)/dx with slope = s'(W x) (n) and W (n x d): diag(s') W, or its transpose W^T diag(s')."""
    return in_layout(slope[:, None] * weight, layout)


def rnn_cell_jacobian(weights: CellWeights, x: Tensor, h: Tensor, layout: str = "numerator") -> Tensor:
    """dh_t/dh_{t-1} = diag(s'(a_t)) W_hh of nn.RNN, H x H. x: D, the input. h: H, the state before the step."""
    _require(weights, "rnn_tanh", "rnn_relu")
    return in_layout(linearize(weights, x[None, None], h[None, None]).jacobian(0), layout)


def gru_cell_jacobian(weights: CellWeights, x: Tensor, h: Tensor, layout: str = "numerator") -> Tensor:
    """dh_t/dh_{t-1} of nn.GRU, H x H: diag(z) + diag((h-n)z')W_z + diag((1-z)n')[diag(r)W_n + diag((W_n h + b_n)r')W_r]

    x: D, the input. h: H, the state before the step.
    """
    _require(weights, "gru")
    return in_layout(linearize(weights, x[None, None], h[None, None]).jacobian(0), layout)


def lstm_cell_jacobian(
    weights: CellWeights,
    x: Tensor,
    h: Tensor,
    c: Tensor,
    *,
    kind: str = "state",
    o_before: Tensor | None = None,
    layout: str = "numerator",
) -> Tensor:
    """A Jacobian of one LSTM step. x: D; h: P and c: H, the state before the step.

    kind: "direct"    dC_t/dC_{t-1} at fixed h: diag(f_t), H x H
          "indirect"  the way through h_{t-1} = o_{t-1} tanh(C_{t-1}): A_t W_hr diag(o_{t-1}(1 - tanh^2 C_{t-1})), H x H
          "full"      their sum, exact for ONE step. It must not be multiplied over time: the Markov state is (h, C),
                      and `JacobianProduct` refuses it
          "state"     d(h_t, C_t)/d(h_{t-1}, C_{t-1}), (P+H) x (P+H); this one chains
    o_before: H, the output gate of the step before; needed for "indirect" and "full".
    """
    _require(weights, "lstm")
    if kind not in LSTM_KINDS:
        raise RecurrentError(f"the kind is one of {', '.join(LSTM_KINDS)}, not {kind!r}")
    linear_step = linearize(weights, x[None, None], h[None, None], c[None, None])
    if kind in ("indirect", "full") and o_before is None:
        raise RecurrentError(f"{kind!r} goes through h_(t-1) = o_(t-1) tanh(C_(t-1)): give o_before")
    return in_layout(_lstm_part(linear_step, 0, kind, c, o_before), layout)


def _lstm_part(linear_step: Linearization, step: int, kind: str, c_before: Tensor, o_before: Tensor | None) -> Tensor:
    if kind == "direct":
        return torch.diag(linear_step.coefficients["keep"][step, 0])
    state = linear_step.jacobian(step)
    if kind == "state":
        return state
    assert o_before is not None
    width = linear_step.weights.output_size
    indirect = state[width:, :width] @ hidden_from_cell(linear_step.weights, c_before, o_before)
    return indirect if kind == "indirect" else indirect + state[width:, width:]


def hidden_from_cell(weights: CellWeights, c: Tensor, o: Tensor) -> Tensor:
    """dh/dC within one step, for h = W_hr (o tanh C): W_hr diag(o(1 - tanh^2 C)), P x H (no W_hr without proj_size)."""
    slope = o * (1 - c.tanh() ** 2)
    return torch.diag(slope) if weights.weight_hr is None else weights.weight_hr.detach() * slope


def _require(weights: CellWeights, *kinds: str) -> None:
    if weights.kind not in kinds:
        raise RecurrentError(f"these weights are a {weights.kind}'s, not a {' or '.join(kinds)}'s")


def step_jacobian(
    direction: DirectionTrajectory, t: int, kind: str = "state", sample: int = 0, layout: str = "numerator"
) -> Tensor:
    """The Jacobian of step t of a trajectory: S x S for kind "state", H x H for the LSTM's other kinds.

    kind: "state" for every cell; "direct", "indirect", "full" for the LSTM (see `lstm_cell_jacobian`).
    """
    step = own_step(direction, t, sample)
    linear_sample = direction.linearization.sample(sample)
    if kind == "state":
        return in_layout(linear_sample.jacobian(step), layout)
    if direction.weights.kind != "lstm" or kind not in LSTM_KINDS:
        raise RecurrentError(f'kind {kind!r} is not known for {direction.weights.kind}; "state" is')
    if kind != "direct" and step == 0:
        raise RecurrentError(f"{kind!r} at the first step would need the output gate before it: take a later t")
    assert direction.c_before is not None
    c_before = direction.c_before[step, sample]
    o_before = None if step == 0 else direction.gates["o"][step - 1, sample]
    return in_layout(_lstm_part(linear_sample, step, kind, c_before, o_before), layout)


def own_step(direction: DirectionTrajectory, time: int, sample: int) -> int:
    """Which step of the direction's own order the time is, for one sequence."""
    length = int(direction.lengths[sample])
    if not 0 <= time < length:
        raise RecurrentError(f"step {time} is not in 0..{length - 1} of sequence {sample}")
    return length - 1 - time if direction.reverse else time


def stacked_jacobian(trajectory: Trajectory, t: int, sample: int = 0, layout: str = "numerator") -> Tensor:
    """d(states of all layers at t)/d(states of all layers at t-1), block lower triangular in the layer.

    For a stack in one direction; a bidirectional one has no such step, because its upper layers see the future.
    Raises RecurrentError for such a stack, and for a t outside the sequence.
    """
    if len(trajectory.layers[0]) == 2:
        raise RecurrentError("a bidirectional stack has no Markov state: take step_jacobian of one direction")
    t = own_step(trajectory.layers[0][0], t, sample)
    sizes = [layer[0].weights.state_size for layer in trajectory.layers]
    full = trajectory.layers[0][0].h.new_zeros(sum(sizes), sum(sizes))
    start = 0
    from_below: Tensor | None = None  # d(h of the layer below at t)/d(all states at t-1)
    for (direction,), size in zip(trajectory.layers, sizes, strict=True):
        linear_sample, rows = direction.linearization.sample(sample), slice(start, start + size)
        if from_below is not None:
            full[rows] = linear_sample.gate_jacobian(t, hidden_side=False) @ direction.weights.weight_ih @ from_below
        full[rows, rows] = linear_sample.jacobian(t)
        from_below = full[start : start + direction.weights.output_size]
        start += size
    return in_layout(full, layout)


def lstm_output_gate(weights: CellWeights, x: Tensor, h: Tensor) -> Tensor:
    """The output gate o (H) of a step with input x (D) and state h (P) before it: `o_before` of the next step."""
    return lstm_gates(input_preactivations(weights, x) + hidden_preactivations(weights, h))[3].detach()
