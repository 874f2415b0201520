"""The terms G_{t,k} of one layer in one direction, and their sums by lag."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..errors import RecurrentError
from ..passes.trajectory import DirectionTrajectory, reverse_within


@dataclass(frozen=True, kw_only=True)
class LagCurve:
    """Terms summed over t - k = lag. Terms with a negative lag come from the future (a reverse direction)."""

    lags: Tensor
    """int64, from -(T-1) if there are terms with negative lags, otherwise from 0, to T-1."""
    norms: Tensor
    """float64, sum of |G_{t,k}| at that lag."""
    shares: Tensor
    """float64, sum of the signed shares at that lag; they sum to 1."""

    @classmethod
    def of(cls, norms: Tensor, shares: Tensor) -> "LagCurve":
        """Sum two T x T matrices along their diagonals."""
        first = -(len(norms) - 1) if norms.triu(1).any() else 0
        lags = torch.arange(first, len(norms))
        along = lambda m: torch.stack([m.diagonal(-int(lag)).sum() for lag in lags])  # noqa: E731
        return cls(lags=lags, norms=along(norms), shares=along(shares))


@dataclass(frozen=True, kw_only=True)
class DirectionTerms:
    """The adjoints from which all G_{t,k} of one layer in one direction are computed; steps k in the order of time."""

    trajectory: DirectionTrajectory
    rows: Tensor
    """N, the steps t with a loss."""
    gates: Tensor
    """N x T x B x gH, the adjoint of W_ih x_k + b_ih for the loss at rows[n]."""
    hidden: Tensor | None
    """N x T x B x P, the adjoint of h_k for the loss at rows[n]; only for a projection."""

    @classmethod
    def of_losses(
        cls, trajectory: DirectionTrajectory, rows: Tensor, output: Tensor, final_h: Tensor, final_c: Tensor | None
    ) -> "DirectionTerms":
        """Propagate the losses of all steps t back through the layer together.

        output: N x T x B x P, the gradient of loss n at the layer's output at each time. final_h, final_c: B x ..., the
        gradients of the final state; they belong to the step that computed that state.
        """
        linear, width = trajectory.linearization, trajectory.weights.output_size
        inject = _in_time(trajectory, output)
        row = inject.new_zeros(len(rows), inject.shape[2], trajectory.weights.state_size)
        gates, hidden = [], []
        for step in range(trajectory.steps - 1, -1, -1):
            row[..., :width] += inject[:, step]
            _add_final(trajectory, rows, step, row, final_h, final_c)
            if trajectory.weights.weight_hr is not None:
                hidden.append(row[..., :width].clone())
            gate, row = linear.vjp(step, row)
            gates.append(gate)
        stacked = lambda parts: _in_time(trajectory, torch.stack(parts[::-1], dim=1))  # noqa: E731
        return cls(trajectory=trajectory, rows=rows, gates=stacked(gates), hidden=stacked(hidden) if hidden else None)

    @property
    def parameters(self) -> list[str]:
        """The parameter names of this layer and direction."""
        weights, names = self.trajectory.weights, ["weight_ih", "weight_hh"]
        names += ["bias_ih", "bias_hh"] if weights.bias_ih is not None else []
        names += ["weight_hr"] if weights.weight_hr is not None else []
        return [f"{name}_{weights.suffix}" for name in names]

    def input_gradient(self) -> Tensor:
        """N x T x B x D, the gradient of each loss with respect to the layer's input at each time."""
        return self.gates @ self.trajectory.weights.weight_ih

    def factors(self, parameter: str) -> tuple[Tensor, Tensor]:
        """u (N x T x B x rows) and v (T x B x columns) with G_{t,k} = sum_b u v^T; v is 1 for a bias."""
        trajectory = self.trajectory
        name = parameter.removesuffix(f"_{trajectory.weights.suffix}")
        if name == "weight_hr":
            assert trajectory.c is not None
            assert self.hidden is not None
            used = trajectory.gates["o"] * trajectory.c.tanh() * trajectory.valid[..., None]
            return self.hidden, trajectory.in_time(used)
        ones = torch.ones_like(trajectory.x[..., :1])
        used = {"weight_ih": trajectory.x, "weight_hh": trajectory.h_before}.get(name, ones)
        return self._hidden_side if name.endswith("hh") else self.gates, trajectory.in_time(used)

    @cached_property
    def _hidden_side(self) -> Tensor:
        own_order = _in_time(self.trajectory, self.gates)
        return _in_time(self.trajectory, self.trajectory.linearization.hidden_side(own_order))

    def row_of(self, t: int) -> int | None:
        """The index of step t in `rows`; None if there is no loss at this step."""
        steps = self.trajectory.steps
        if not 0 <= t < steps:
            raise RecurrentError(f"step {t} is not in 0..{steps - 1}")
        found = (self.rows == t).nonzero()
        return int(found[0]) if len(found) else None

    def term(self, parameter: str, t: int, k: int) -> Tensor:
        """G_{t,k} in the shape of the parameter."""
        self.row_of(k)  # refuses a step outside the sequence
        row, (u, v) = self.row_of(t), self.factors(parameter)
        u = torch.zeros_like(u[0, k]) if row is None else u[row, k]
        return _shaped(parameter, u.T @ v[k])

    def band(self, parameter: str, window: int | None) -> Tensor:
        """The sum of the terms with |t - k| < window (all terms if None), in the shape of the parameter."""
        distance = (self.rows[:, None] - torch.arange(self.trajectory.steps)[None]).abs()
        return self._sum(parameter, None if window is None else distance < window)

    def blocks(self, parameter: str, length: int) -> Tensor:
        """The sum of the terms with t and k in the same block of `length` steps, in the shape of the parameter."""
        return self._sum(parameter, self.rows[:, None] // length == torch.arange(self.trajectory.steps)[None] // length)

    def _sum(self, parameter: str, kept: Tensor | None) -> Tensor:
        u, v = self.factors(parameter)
        if kept is not None:
            u = u * kept.to(u)[..., None, None]
        return _shaped(parameter, torch.einsum("tbi,tbj->ij", u.sum(0), v))

    def norms(self, parameter: str) -> Tensor:
        """T x T float64, |G_{t,k}|_F, from |sum_b u_b v_b^T|^2 = sum((U U^T) * (V V^T)); u is scaled first."""
        u, v = (factor.double() for factor in self.factors(parameter))
        scale = u.abs().amax(dim=(-2, -1), keepdim=True)
        u = u / scale.masked_fill(scale == 0, 1)
        squares = ((u @ u.mT) * (v @ v.mT)).sum((-2, -1)).clamp(min=0)
        return self._spread(squares.sqrt() * scale[..., 0, 0])

    def shares(self, parameter: str) -> Tensor:
        """T x T float64, <G_{t,k}, g> / |g|^2."""
        u, v = (factor.double() for factor in self.factors(parameter))
        total = torch.einsum("tbi,tbj->ij", u.sum(0), v)
        along = torch.einsum("ntbi,tbi->nt", u, v @ total.T)
        return self._spread(along / total.square().sum())

    def _spread(self, by_row: Tensor) -> Tensor:
        full = by_row.new_zeros(self.trajectory.steps, self.trajectory.steps)
        full[self.rows] = by_row
        return full.cpu()


def _shaped(parameter: str, matrix: Tensor) -> Tensor:
    return matrix[:, 0] if parameter.startswith("bias") else matrix


def _in_time(trajectory: DirectionTrajectory, tensor: Tensor) -> Tensor:
    """Reorder N x T x B x ... between the direction's order and the order of time."""
    if not trajectory.reverse:
        return tensor
    return reverse_within(tensor.movedim(0, 2), trajectory.lengths).movedim(2, 0)


def _add_final(trajectory, rows: Tensor, step: int, row: Tensor, final_h: Tensor, final_c: Tensor | None) -> None:
    """Add the gradients of the final states to the sequences that end at this step, in the row of its time."""
    width = trajectory.weights.output_size
    for sample in (trajectory.lengths == step + 1).nonzero()[:, 0].tolist():
        time = 0 if trajectory.reverse else step
        at = (rows == time).nonzero()
        if not len(at):
            continue
        row[at[0, 0], sample, :width] += final_h[sample]
        if final_c is not None:
            row[at[0, 0], sample, width:] += final_c[sample]
