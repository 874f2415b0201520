"""dh_t/dh_k as an operator: products of step Jacobians in log scale, not multiplied out, which never underflow."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import RecurrentError
from ..passes.cells import Linearization
from ..passes.trajectory import DirectionTrajectory
from .jacobians import hidden_from_cell, own_step
from .singular_values import SingularValues, sweep_singular_values

# Size of the subspace with which `log_norm` iterates: more directions converge sooner.
SUBSPACE = 16


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A tensor that may be too small or too large for its dtype: value * exp(log_scale)."""

    value: Tensor
    """A tensor with Frobenius norm 1, or zeros."""
    log_scale: float
    """Natural logarithm; -inf for a zero tensor."""

    def plain(self) -> Tensor:
        """The tensor itself; it may underflow to 0 or overflow to inf, and an entry of 0 stays 0."""
        result = self.value
        # In factors within float64's range, so that 0 * inf does not occur; beyond 2100 its smallest number overflows.
        rest = min(self.log_scale, 2100.0)
        while rest > 700:
            result, rest = result * math.exp(700), rest - 700
        return result * math.exp(rest)


class DirectPath(Linearization):
    """Only the LSTM's cell, C_t = f_t C_{t-1} at fixed h; its products are exactly the direct path."""

    def vjp(self, step: int, row: Tensor) -> tuple[Tensor, Tensor]:
        """See Linearization.vjp; the gates get no gradient, since h is fixed."""
        return row[..., :0], row * self.coefficients["keep"][step]

    def jvp(self, step: int, column: Tensor) -> Tensor:
        """See Linearization.jvp."""
        return column * self.coefficients["keep"][step]


class JacobianProduct:
    """d state_t / d state_k = J_t J_{t-1} ... J_{k+1}, numerator layout, the identity for t = k.

    kind: "state" (h for RNN and GRU, (h, C) for the LSTM), or "direct" (only the LSTM's diag(f)). The full one-step
    dC_t/dC_{t-1} is refused: its product is not dC_t/dC_k, because C alone is not the state (over 9 steps it can be off
    by a quarter, and can show growth instead of decay). Use `cell_to_cell_jacobian`.
    """

    def __init__(self, direction: DirectionTrajectory, t: int, k: int, sample: int = 0, kind: str = "state"):
        if kind in ("full", "indirect"):
            raise RecurrentError(
                f"the one-step {kind} dC_t/dC_(t-1) must not be multiplied over time, since (h, C) is the state: "
                'use kind="state", or cell_to_cell_jacobian for the exact dC_t/dC_k'
            )
        last, first = own_step(direction, t, sample), own_step(direction, k, sample)
        if last < first:
            raise RecurrentError(f"h_{t} does not depend on h_{k} in this direction: exchange t and k")
        self.steps = range(first + 1, last + 1)
        self._linear = _linear_path(direction, sample, kind)
        self.size = direction.weights.hidden_size if kind == "direct" else direction.weights.state_size

    def jvp(self, column: Tensor) -> Scaled:
        """The product times a column of S numbers (or S x N columns): J v."""
        return self._carry(column, list(self.steps), self._linear.jvp)

    def vjp(self, row: Tensor) -> Scaled:
        """A row of S numbers times the product (or N rows, given as the S x N columns of their transpose)."""
        return self._carry(row, list(self.steps)[::-1], self._linear.vjp_state)

    def _carry(self, start: Tensor, steps: list[int], apply) -> Scaled:
        if start.shape[0] != self.size:
            raise RecurrentError(f"the vector has {start.shape[0]} numbers, the state has {self.size}")
        vectors = start.double().reshape(self.size, -1).T[:, None]
        log_scale = 0.0
        for step in [None, *steps]:
            vectors = vectors if step is None else apply(step, vectors)
            norm = vectors.norm().item()
            if norm == 0:
                return Scaled(value=torch.zeros_like(start.double()), log_scale=-math.inf)
            vectors, log_scale = vectors / norm, log_scale + math.log(norm)
        return Scaled(value=vectors[:, 0].T.reshape(start.shape), log_scale=log_scale)

    def matrix(self) -> Scaled:
        """The S x S product, scaled. Only its largest singular values are accurate: see `log_singular_values`."""
        eye = torch.eye(self.size, dtype=torch.float64, device=next(iter(self._linear.coefficients.values())).device)
        return self.jvp(eye)

    def log_norm(self) -> float:
        """log of the spectral norm |d state_t / d state_k|_2.

        By subspace iteration with several directions, which converges fast; multiplied out if it does not converge.
        """
        columns = min(self.size, SUBSPACE)
        found = sweep_singular_values(self._linear, self.steps, self.size, columns, 1e-11, 100, wanted=1)
        if found.converged:
            return found.log_values[0].item()
        whole = self.matrix()
        return torch.linalg.matrix_norm(whole.value, 2).log().item() + whole.log_scale

    def log_singular_values(
        self, count: int | None = None, tolerance: float = 1e-11, max_sweeps: int = 500
    ) -> SingularValues:
        """The logarithms of the `count` largest singular values (all by default), by alternating QR sweeps.

        Check `converged` of the result: close singular values converge slowly.
        """
        count = self.size if count is None else count
        if not 1 <= count <= self.size:
            raise RecurrentError(f"count is {count}, the state has {self.size} directions")
        return sweep_singular_values(self._linear, self.steps, self.size, count, tolerance, max_sweeps)


def _linear_path(direction: DirectionTrajectory, sample: int, kind: str) -> Linearization:
    linear = direction.linearization.sample(sample).to(torch.float64)
    if kind == "state":
        return linear
    if kind != "direct" or direction.weights.kind != "lstm":
        raise RecurrentError(f'kind {kind!r} is not known for {direction.weights.kind}; "state" is')
    return DirectPath(linear.weights, linear.coefficients)


def cell_to_cell_jacobian(direction: DirectionTrajectory, t: int, k: int, sample: int = 0) -> Scaled:
    """The LSTM's exact dC_t/dC_k over several steps, H x H: P_CC + P_Ch W_hr diag(o_k(1 - tanh^2 C_k)).

    C_k affects later steps directly and through h_k; the product P of the (h, C) Jacobians includes both.
    """
    if direction.weights.kind != "lstm":
        raise RecurrentError(f"a {direction.weights.kind} has no cell state: use JacobianProduct")
    product, width = JacobianProduct(direction, t, k, sample), direction.weights.output_size
    if t == k:
        return _rescaled(torch.eye(direction.weights.hidden_size, dtype=torch.float64), 0.0)
    state, step = product.matrix(), own_step(direction, k, sample)
    assert direction.c is not None
    c, o = direction.c[step, sample].double(), direction.gates["o"][step, sample].double()
    through_h = hidden_from_cell(direction.weights.detached(torch.float64), c, o)
    cell = state.value[width:, width:] + state.value[width:, :width] @ through_h
    return _rescaled(cell, state.log_scale)


def _rescaled(value: Tensor, log_scale: float) -> Scaled:
    norm = value.norm().item()
    if norm == 0:
        return Scaled(value=value, log_scale=-math.inf)
    return Scaled(value=value / norm, log_scale=log_scale + math.log(norm))
