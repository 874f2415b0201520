"""The figures of one layer in one direction of a recording, on which the rules of the diagnosis decide."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..analysis.jacobians import step_jacobian
from ..analysis.norms import log_norms, mean_log_norm
from ..analysis.spectra import MatrixSpectrum, log_gradient_bound, matrix_spectrum
from ..passes.recording import DirectionAdjoints, Recording
from ..passes.trajectory import DirectionTrajectory
from . import gradients
from .non_finite import NonFinite, first_non_finite


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Figures of one layer in one direction; None if the cell has no such figure or a NaN makes it meaningless."""

    name: str
    """PyTorch's suffix: l0, l0_reverse, ..."""
    kind: str
    steps: int
    non_finite: NonFinite | None = None
    curve: Tensor | None = None
    """T float64: by lag, the log of the geometric mean norm of a gradient that started with norm 1 (see
    `mean_log_norm`): first over the steps t of a sequence, then over the sequences."""
    horizon: int | None = None
    """Steps until that norm is below 0.001; None if that does not happen within T."""
    bound: Tensor | None = None
    """T float64: log of (gamma s_1)^lag, vanilla RNN only."""
    saturated: dict[str, float] | None = None
    """By gate: the fraction of activations at which the slope is less than 4 % of its maximum."""
    silent: float | None = None
    """ReLU only: the fraction of units that are 0 at every step."""
    keep: Tensor | None = None
    """H: the mean of each unit's keeping gate (LSTM f, GRU z)."""
    direct_horizon: float | None = None
    """Steps until the path through only the keeping gate is below 0.001, for the unit at the 90th percentile. A gate
    that underflowed to 0 counts as the smallest number of its dtype."""
    indirect_ratio: float | None = None
    """LSTM: |indirect|_F / |direct|_F of the one-step dC/dC, averaged over some steps; inf if only direct is 0."""
    spectrum: MatrixSpectrum | None = None
    """Vanilla RNN: the spectrum of W_hh."""
    cancellation: float = 1.0
    """sum_k |G_k| / |sum_k G_k| of W_hh, G_k = sum over the batch and all losses."""
    half_error: float = 0.0
    """Relative change of the weight gradient if the gradients of the gates are rounded to float16."""
    gradient: Tensor | None = None
    """The norm over the batch of dL/d(gates' pre-activations) at each step: T, float64, in the order of time."""
    last_loss: int = 0
    """The last step, in the direction's order, that gets a gradient from the loss or a layer above."""
    output_reached: bool = True
    """Whether any gradient arrives at the layer's output or final state."""
    written: float | None = None
    """The most that a unit writes into its state over a sequence, averaged over the batch: the sum over the steps of
    |i g| (LSTM), |(1 - z) n| (GRU) or |h| (RNN)."""

    def faint_steps(self, share: float) -> list[int]:
        """The steps before the last loss (after it in a reverse direction) with less than this share of the gradient
        of the step that gets most, in the order of time."""
        assert self.gradient is not None
        faint = self.gradient < share * self.gradient.max()
        order = torch.arange(self.steps)
        before = order > self.steps - 1 - self.last_loss if self.name.endswith("_reverse") else order < self.last_loss
        return (faint & before).nonzero()[:, 0].tolist()

    @property
    def growth(self) -> float:
        """Mean log growth of the gradient per step, up to the last lag at which it was not exactly 0."""
        assert self.curve is not None
        first, last = torch.isfinite(self.curve).nonzero()[[0, -1], 0].tolist()
        return ((self.curve[last] - self.curve[first]) / max(last - first, 1)).item()


def collect(recording: Recording, samples: int = 4, rows: int = 64) -> list[Evidence]:
    """The evidence of every layer and direction.

    samples: number of sequences (the longest ones) over which the Jacobian norms are averaged. rows: number of steps t
    from which they start.
    """
    return [_of_direction(adjoints, samples, rows) for layer in recording.adjoints for adjoints in layer]


def _of_direction(adjoints: DirectionAdjoints, samples: int, rows: int) -> Evidence:
    direction = adjoints.trajectory
    weights, linear = direction.weights, direction.linearization
    known: dict[str, Any] = {"name": weights.suffix, "kind": weights.kind, "steps": direction.steps}
    broken = first_non_finite(adjoints)
    if broken is not None:
        return Evidence(**known, non_finite=broken)
    curve = _mean_curve(direction, samples, rows)
    below = (curve - curve[0] < math.log(1e-3)).nonzero()
    vanilla = weights.kind.startswith("rnn")
    return Evidence(
        **known,
        curve=curve,
        horizon=int(below[0]) if len(below) else None,
        bound=log_gradient_bound(weights.weight_hh, torch.arange(direction.steps)) if vanilla else None,
        saturated=saturation(direction),
        silent=_silent(direction) if weights.kind == "rnn_relu" else None,
        keep=None if vanilla else linear.coefficients["keep"][direction.valid].mean(0),
        direct_horizon=None if vanilla else _direct_horizon(direction),
        indirect_ratio=_indirect_ratio(direction) if weights.kind == "lstm" else None,
        spectrum=matrix_spectrum(weights.weight_hh) if vanilla else None,
        cancellation=gradients.cancellation(adjoints),
        half_error=gradients.half_error(adjoints),
        gradient=gradients.by_step(adjoints),
        last_loss=gradients.last_loss(adjoints),
        output_reached=gradients.output_reached(adjoints),
        written=_written(direction),
    )


def _mean_curve(direction: DirectionTrajectory, samples: int, rows: int) -> Tensor:
    # The longest ones: others give no information about large lags.
    chosen = direction.lengths.argsort(descending=True, stable=True)[:samples].tolist()
    found = [log_norms(direction, sample=b, rows=rows, seed=b).by_lag() for b in chosen]
    curves = torch.stack(found)
    return mean_log_norm(curves, torch.arange(direction.steps).expand_as(curves), direction.steps)


def saturation(direction: DirectionTrajectory) -> dict[str, float]:
    """By gate, the fraction of activations with less than 4 % of the largest slope (none for ReLU).

    A sigmoid below 0.01 or above 0.99 is flat, and a tanh beyond 0.98; "tanh(C)" is the LSTM's cell as used in h. What
    keeps a memory on purpose does not count: an open f or z, and a closed i with an open f (with chrono i + f is near
    1).
    """
    if direction.weights.kind == "rnn_relu":
        return {}
    gates = {name: values[direction.valid] for name, values in direction.gates.items()}
    flat = {name: a.abs() > 0.98 if name in ("g", "n", "h") else (a < 0.01) | (a > 0.99) for name, a in gates.items()}
    if direction.c is not None:
        flat["tanh(C)"] = direction.c[direction.valid].tanh().abs() > 0.98
    for keeping in {"f", "z"} & set(gates):
        flat[keeping] = gates[keeping] < 0.01
    if "i" in gates:
        flat["i"] &= (gates["i"] > 0.5) | (gates["f"] < 0.98)
    return {name: share.double().mean().item() for name, share in flat.items()}


def _silent(direction: DirectionTrajectory) -> float:
    return (direction.h[direction.valid] == 0).all(dim=0).double().mean().item()


def _direct_horizon(direction: DirectionTrajectory) -> float:
    keep = direction.linearization.coefficients["keep"][direction.valid]
    limits = torch.finfo(keep.dtype)
    least = math.log(limits.smallest_normal * limits.eps)
    slow = keep.double().log().clamp_min(least).mean(0).quantile(0.9).item()
    return math.inf if slow == 0 else math.log(1e-3) / slow


def _indirect_ratio(direction: DirectionTrajectory, points: int = 8) -> float | None:
    sample = int(direction.lengths.argmax())
    length = int(direction.lengths[sample])
    ratios = []
    for step in torch.linspace(1, length - 1, min(points, length - 1)).long().unique().tolist():
        time = length - 1 - step if direction.reverse else step
        direct, indirect = (step_jacobian(direction, time, kind, sample).norm() for kind in ("direct", "indirect"))
        if direct > 0 or indirect > 0:
            ratios.append((indirect / direct).item())
    return sum(ratios) / len(ratios) if ratios else None


def _written(direction: DirectionTrajectory) -> float:
    gates = direction.gates
    if direction.weights.kind == "lstm":
        writes = gates["i"] * gates["g"]
    elif direction.weights.kind == "gru":
        writes = (1 - gates["z"]) * gates["n"]
    else:
        writes = direction.h
    return (writes.double().abs() * direction.valid[..., None]).sum(0).mean(0).max().item()
