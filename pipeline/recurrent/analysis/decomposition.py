"""dL/dW as the double sum over (t, k) of G_{t,k}: the gradient of the loss at step t for the copy of W at step k.

    G_{t,k} = adjoint of the gates at step k for the loss at step t, times the vector that W multiplies at step k
    dL/dW   = sum_t sum_k G_{t,k}

t is always a step of the module's OUTPUT, for W in any layer. In a layer below a bidirectional one the matrix is dense
(k > t occurs); in a reverse direction it is upper triangular.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import RecurrentError
from ..passes.cells import GATES
from ..passes.recording import Recording
from .terms import DirectionTerms, LagCurve


@dataclass(frozen=True, kw_only=True)
class Check:
    """The double sum compared with autograd through the module's own kernel."""

    relative_errors: dict[str, float]
    """|sum G - autograd| / |autograd| by parameter (Frobenius norms; absolute if autograd gives exactly 0)."""
    tolerance: float

    @property
    def worst(self) -> float:
        """The largest relative error."""
        return max(self.relative_errors.values())

    @property
    def ok(self) -> bool:
        """Whether every parameter is within the tolerance (False for a NaN)."""
        return all(error <= self.tolerance for error in self.relative_errors.values())


class Decomposition:
    """All terms G_{t,k} of every weight and bias in a recorded pass; made by `decompose`."""

    def __init__(self, recording: Recording, terms: dict[str, DirectionTerms]):
        self.recording = recording
        self._terms = terms

    @property
    def parameters(self) -> list[str]:
        """The parameter names that the methods accept, as in torch.nn."""
        return [name for terms in self._terms.values() for name in terms.parameters]

    def of(self, parameter: str) -> DirectionTerms:
        """The terms of the layer and direction of a parameter."""
        if parameter not in self.parameters:
            raise RecurrentError(f"no parameter {parameter!r}; choose one of {', '.join(self.parameters)}")
        return self._terms[parameter.split("_", 2)[2]]

    def term(self, parameter: str, t: int, k: int) -> Tensor:
        """G_{t,k}, summed over the batch, in the shape of the parameter."""
        return self.of(parameter).term(parameter, t, k)

    def matrix(self, parameter: str) -> Tensor:
        """|G_{t,k}|_F at row t, column k: T x T, float64, from Gram products, without computing any G."""
        return self.of(parameter).norms(parameter)

    def shares(self, parameter: str) -> Tensor:
        """<G_{t,k}, g> / |g|^2 with g = dL/dW: T x T, float64; they sum to 1, and negative ones point against g."""
        return self.of(parameter).shares(parameter)

    def by_lag(self, parameter: str) -> LagCurve:
        """Norms and shares summed over t - k = lag."""
        return LagCurve.of(self.matrix(parameter), self.shares(parameter))

    def tbptt(self, parameter: str, window: int) -> Tensor:
        """Truncated BPTT with a sliding window: every loss reaches back `window` steps, the band |t - k| < window.

        `h.detach()` after every `window` steps truncates differently: see `tbptt_blocks`.
        """
        if window < 1:
            raise RecurrentError(f"the window must be at least 1 step, not {window}")
        return self.of(parameter).band(parameter, window)

    def tbptt_blocks(self, parameter: str, length: int) -> Tensor:
        """Truncated BPTT with `h.detach()` after every `length` steps: the terms with t and k in the same block.

        For a stack in one direction: then everything between t and k is in the same block too.
        """
        if length < 1:
            raise RecurrentError(f"the length must be at least 1 step, not {length}")
        return self.of(parameter).blocks(parameter, length)

    def total(self, parameter: str) -> Tensor:
        """sum_{t,k} G_{t,k}, which is dL/d(parameter)."""
        return self.of(parameter).band(parameter, None)

    def cancellation_index(self, parameter: str) -> float:
        """sum |G_{t,k}| / |sum G_{t,k}|: 1 if all terms agree, large if they cancel, inf if g is 0."""
        return (self.matrix(parameter).sum() / self.total(parameter).double().norm()).item()

    def memory_horizon(self, parameter: str, fraction: float = 0.95) -> int:
        """The smallest lag, in steps, up to which the terms contain this fraction of sum |G_{t,k}|."""
        if not 0 < fraction <= 1:
            raise RecurrentError(f"the fraction must be in (0, 1], not {fraction}")
        norms = self.matrix(parameter)
        steps = torch.arange(len(norms))
        distance = (steps[:, None] - steps[None]).abs().flatten()
        held = torch.zeros(len(norms), dtype=norms.dtype).index_add(0, distance, norms.flatten().cpu()).cumsum(0)
        return int((held >= fraction * held[-1] * (1 - 1e-12)).nonzero()[0])

    def check(self, tolerance: float | None = None) -> Check:
        """Compare the sum of all terms with autograd through the module's own kernel.

        tolerance: relative; by default 1e-10 in float64; in float32, float16 and bfloat16 1e-5, 1e-2 and 1e-1 up to
        T = 100, and proportional to T beyond, since rounding errors add up.
        Raises RecurrentError if autograd keeps no gradient of a parameter.
        """
        names = dict(self.recording.module.named_parameters())
        if odd := [p for p in self.parameters if p not in names or not names[p].requires_grad]:
            raise RecurrentError(
                f"autograd keeps no gradient of {', '.join(odd)}: let it require one; take off weight_norm and the like"
            )
        if tolerance is None:
            tolerance = _tolerance(next(self.recording.module.parameters()).dtype, self.recording.trajectory.steps)
        expected = torch.autograd.grad(self.recording.run_again(), [names[p] for p in self.parameters])
        errors = {}
        for name, reference in zip(self.parameters, expected, strict=True):
            norm = reference.norm().item()
            errors[name] = (self.total(name) - reference).norm().item() / (norm or 1.0)
        return Check(relative_errors=errors, tolerance=tolerance)


def _tolerance(dtype: torch.dtype, steps: int) -> float:
    if dtype == torch.float64:
        return 1e-10
    return {torch.float16: 1e-2, torch.bfloat16: 1e-1}.get(dtype, 1e-5) * max(1.0, steps / 100)


def decompose(recording: Recording, max_bytes: int = 2**31) -> Decomposition:
    """Split dL/dW of a recorded pass into its terms G_{t,k}.

    Memory: N x T x B x (gates + inputs) numbers for each layer and direction, N the number of steps with a loss.
    Raises RecurrentError if that is more than max_bytes (2 GiB by default), with what to do.
    """
    rows = _loss_steps(recording)
    _require_memory(recording, len(rows), max_bytes)
    trajectory, terms = recording.trajectory, {}
    inject = _at_rows(recording.output_gradient, rows)
    for layer in range(len(trajectory.layers) - 1, -1, -1):
        count = len(trajectory.layers[layer])
        below: Any = 0
        parts = inject.chunk(count, dim=-1)
        for index, direction in enumerate(trajectory.layers[layer]):
            position = layer * count + index
            final_c = None if recording.c_n_gradient is None else recording.c_n_gradient[position]
            found = DirectionTerms.of_losses(direction, rows, parts[index], recording.h_n_gradient[position], final_c)
            terms[direction.weights.suffix] = found
            below = below + found.input_gradient()
        inject = below
    order = [direction.weights.suffix for direction in trajectory.flat()]
    return Decomposition(recording, {suffix: terms[suffix] for suffix in order})


def _loss_steps(recording: Recording) -> Tensor:
    """The steps of the output that get any gradient, ascending. A final state belongs to the step that computed it."""
    used = (recording.output_gradient != 0).flatten(1).any(dim=1).cpu()
    directions = len(recording.trajectory.layers[0])
    finals = [recording.h_n_gradient, *([] if recording.c_n_gradient is None else [recording.c_n_gradient])]
    for final in finals:
        for index, gradient in enumerate(final):
            if (gradient != 0).any():
                reverse = index % directions == 1
                used[0 if reverse else recording.trajectory.lengths - 1] = True
    rows = used.nonzero()[:, 0]
    return rows if len(rows) else torch.tensor([recording.trajectory.steps - 1])


def _at_rows(gradient: Tensor, rows: Tensor) -> Tensor:
    """N x T x B x P, zero except at [n, rows[n]]."""
    spread = gradient.new_zeros(len(rows), *gradient.shape)
    spread[torch.arange(len(rows)), rows] = gradient[rows]
    return spread


def _require_memory(recording: Recording, rows: int, max_bytes: int) -> None:
    numbers = 0
    for direction in recording.trajectory.flat():
        weights = direction.weights
        hidden_side = weights.hidden_size * len(GATES[weights.kind])
        numbers += hidden_side + weights.state_size + 2 * direction.x.shape[-1]
    steps, batch, dtype = recording.trajectory.steps, len(recording.trajectory.lengths), direction.x.dtype
    needed = rows * steps * batch * numbers * dtype.itemsize
    if needed > max_bytes:
        raise RecurrentError(
            f"the (t,k) terms of T = {steps}, B = {batch}, {rows} losses need {needed / 2**30:.1f} GiB, more than "
            f"{max_bytes / 2**30:.1f}: raise max_bytes, shorten T or the batch, or use log_norms(...), which needs "
            f"{steps**2 * 8 / 2**30:.3f} GiB"
        )
