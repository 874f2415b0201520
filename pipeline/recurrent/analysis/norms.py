"""All (t, k) at once in log scale: how long a gradient that starts at step t still is when it reaches step k.

Batched vector-Jacobian products over t, renormalised at every step: O(T^2 H^2) time, O(T^2) memory, no underflow.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import RecurrentError
from ..passes.trajectory import DirectionTrajectory


@dataclass(frozen=True, kw_only=True)
class LogNorms:
    """Natural logarithms of |e_t ds_t/ds_k| in one layer and direction, for one sequence; s is the state."""

    rows: Tensor
    """N, the steps t, increasing."""
    values: Tensor
    """N x T float64: at [n, k] the log norm; -inf for exactly 0, NaN if h_t does not depend on h_k."""

    def by_lag(self) -> Tensor:
        """T float64: the `mean_log_norm` at each lag |t - k|."""
        steps = self.values.shape[1]
        return mean_log_norm(self.values, (self.rows[:, None] - torch.arange(steps)[None]).abs(), steps)

    def horizon(self, threshold: float = 1e-3) -> int | None:
        """The first lag at which the geometric mean norm is below `threshold` of that at lag 0; None if it never is."""
        curve = self.by_lag()
        below = (curve - curve[0] < math.log(threshold)).nonzero()
        return int(below[0]) if len(below) else None


def mean_log_norm(logs: Tensor, lag: Tensor, steps: int) -> Tensor:
    """steps float64: the mean of the logarithms at each lag, the log of the geometric mean of the norms not exactly 0.

    logs: float64, -inf for a norm of exactly 0, NaN for an unknown one. lag: int64 in 0..steps-1, the shape of logs.
    -inf if half or more of the known norms at a lag are exactly 0, NaN if none is known.
    """
    known, positive = ~logs.isnan(), logs > -math.inf
    total = torch.zeros(steps, dtype=torch.float64).index_add(0, lag[positive], logs[positive])
    count = torch.bincount(lag[known], minlength=steps)
    counted = torch.bincount(lag[positive], minlength=steps)
    return (total / counted).masked_fill((count > 0) & (2 * counted <= count), -math.inf)


def log_norms(
    direction: DirectionTrajectory,
    *,
    immediate: Tensor | None = None,
    sample: int = 0,
    rows: int | None = None,
    part: str = "state",
    seed: int = 0,
) -> LogNorms:
    """log |e_t ds_t/ds_k| of one sequence for all t and k.

    immediate: T x B x P in the direction's own order, the e_t to start from (a recording's `hidden_immediate`), in h;
    by default a random unit vector of the state for each t, which measures the Jacobians alone. For S numbers in the
    state its mean square is |J|_F^2 / S.
    rows: how many steps t to follow, evenly spaced and with the last one; all T by default.
    part: what s is: "state" (h, and C for the LSTM, where its memory lies) or "hidden" (h alone).
    """
    if part not in ("state", "hidden"):
        raise RecurrentError(f'part is "state" or "hidden", not {part!r}')
    length = int(direction.lengths[sample])
    own_rows = _spaced(length, rows)
    starts = _starts(direction, immediate, sample, own_rows, part, seed)
    values = _follow(direction, starts, own_rows, sample, length, part)
    values[starts.norm(dim=1).cpu() == 0] = math.nan  # no gradient starts there
    if values.isnan().all():
        raise RecurrentError("no gradient starts at any of the steps: the loss does not reach this layer")
    if direction.reverse:
        values, own_rows = values.flip(0, 1), (length - 1 - own_rows).flip(0)
    padding = values.new_full((len(own_rows), direction.steps - length), math.nan)
    return LogNorms(rows=own_rows, values=torch.cat([values, padding], dim=1))


def _spaced(length: int, rows: int | None) -> Tensor:
    if rows is not None and rows < 1:
        raise RecurrentError(f"rows must be at least 1, not {rows}")
    if rows is None or rows >= length:
        return torch.arange(length)
    return (length - 1 - torch.arange(rows) * length // rows).flip(0)


def _starts(direction: DirectionTrajectory, immediate, sample: int, own_rows: Tensor, part: str, seed: int) -> Tensor:
    """N x P, or N x S if the start is in the whole state: a start in h alone would lose length to C at once."""
    if immediate is not None:
        return immediate[own_rows, sample]
    generator = torch.Generator().manual_seed(seed)
    size = direction.weights.state_size if part == "state" else direction.weights.output_size
    random = torch.randn(len(own_rows), size, generator=generator, dtype=torch.float64)
    return (random / random.norm(dim=1, keepdim=True)).to(direction.h)


def _follow(direction, starts: Tensor, own_rows: Tensor, sample: int, length: int, part: str) -> Tensor:
    """N x length: carry all rows back together; a row joins at its own step."""
    linear, weights = direction.linearization.sample(sample), direction.weights
    values = torch.full((length, len(own_rows)), math.nan, dtype=torch.float64)
    scale = starts.new_zeros(len(own_rows), dtype=torch.float64)
    vectors = starts.new_zeros(len(own_rows), 1, weights.state_size)
    width, first = weights.output_size, len(own_rows)
    for step in range(length - 1, -1, -1):
        if first and own_rows[first - 1] == step:
            first -= 1
            vectors[first, 0, : starts.shape[1]] = starts[first]
        if first < len(own_rows):
            active = vectors[first:]
            norms = active.norm(dim=-1, keepdim=True)
            shown = norms if part == "state" else active[..., :width].norm(dim=-1, keepdim=True)
            values[step, first:] = (shown[:, 0, 0].double().log() + scale[first:]).cpu()
            scale[first:] += norms[:, 0, 0].double().log()
            vectors[first:] = linear.vjp(step, active / norms.clamp_min(torch.finfo(norms.dtype).tiny))[1]
    return values.T
