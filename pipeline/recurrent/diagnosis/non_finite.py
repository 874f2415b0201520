"""The origin of the first NaN or infinity of a pass: the input, a weight, a forward step, or a backward (t, k)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..passes.recording import DirectionAdjoints
from ..passes.trajectory import DirectionTrajectory


@dataclass(frozen=True, kw_only=True)
class NonFinite:
    """The first value that is not finite."""

    where: str
    """"weights", "start", "input", "forward", "loss" or "backward"."""
    t: int | None = None
    """The time step at which it arose; backward: the step of the loss whose gradient it is."""
    k: int | None = None
    """Backward: the step at which that gradient stopped being finite."""

    def __str__(self) -> str:
        """The place as a sentence."""
        if self.where == "weights":
            return "a recurrent or input weight is not finite"
        if self.where == "start":
            return "the initial state is not finite"
        if self.where == "input":
            return f"the layer's input is not finite, first at t = {self.t}"
        if self.where == "forward":
            return f"the state is not finite, first at t = {self.t}, while its input is"
        if self.where == "loss":
            return f"the gradient that the loss sends to h_t is not finite, first at t = {self.t}"
        return f"the gradient of the loss at t = {self.t} stops being finite at k = {self.k}"


def first_non_finite(adjoints: DirectionAdjoints) -> NonFinite | None:
    """Search the pass in order: weights, initial state, input, forward, loss, backward.

    None if everything is finite.
    """
    direction = adjoints.trajectory
    if not all(torch.isfinite(tensor).all() for tensor in direction.weights.flat):
        return NonFinite(where="weights")
    if not all(start is None or torch.isfinite(start).all() for start in (direction.h0, direction.c0)):
        return NonFinite(where="start")
    for where, steps in (("input", direction.x), ("forward", direction.h)):
        first = _first_time(direction, steps)
        if first is not None:
            return NonFinite(where=where, t=first)
    first = _first_time(direction, adjoints.hidden_immediate)
    if first is not None:
        return NonFinite(where="loss", t=first)
    if torch.isfinite(adjoints.gates).all():
        return None
    return _first_backward(adjoints)


def _first_time(direction: DirectionTrajectory, steps: Tensor) -> int | None:
    bad = ~torch.isfinite(steps).all(dim=-1) & direction.valid
    in_time = direction.in_time(bad).any(dim=1).nonzero()
    if not len(in_time):
        return None
    return int(in_time[-1 if direction.reverse else 0])


def _first_backward(adjoints: DirectionAdjoints) -> NonFinite:
    """Follow the loss of every step separately, for the first sequence with a non-finite gradient."""
    direction = adjoints.trajectory
    sample = int((~torch.isfinite(adjoints.gates)).any(dim=-1).any(dim=0).nonzero()[0])
    length, linear = int(direction.lengths[sample]), direction.linearization.sample(sample)
    rows = direction.h.new_zeros(length, 1, direction.weights.state_size)
    width = direction.weights.output_size
    time = lambda step: length - 1 - step if direction.reverse else step  # noqa: E731
    for step in range(length - 1, -1, -1):
        rows[step, 0, :width] += adjoints.hidden_immediate[step, sample]
        if step == length - 1 and adjoints.cell_immediate is not None:
            rows[step, 0, width:] += adjoints.cell_immediate[sample]
        gates, before = linear.vjp(step, rows)
        bad = (~torch.isfinite(gates).all(dim=-1)).nonzero()
        if len(bad):
            return NonFinite(where="backward", t=time(int(bad[0, 0])), k=time(step))
        rows = before
    # Each loss alone is finite, so their sum overflowed. The pair is the last loss and the first step that shows it.
    step = int((~torch.isfinite(adjoints.gates[:, sample]).all(dim=-1)).nonzero()[-1])
    return NonFinite(where="backward", t=time(length - 1), k=time(step))
