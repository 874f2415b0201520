"""Record one forward and backward pass: the trajectory and the adjoint of every step of a FUSED module.

The probe method: multiply W_ih x outside the kernel, and give the kernel the product (the probe) as its input, with the
identity as input weights. The result is the same, and the gradient of the probe is dL/d(pre-activation) of every gate
at every step: the adjoint through time, without unrolling the kernel. Then dL/dW_hh = sum_k a_k h_{k-1}^T.

For one kernel the adjoints are computed differently: oneDNN's LSTM (float32 on a CPU, sequences of equal length, no
projection) would multiply by the 4H x 4H identity three times, which costs more than the rest of the pass. There the
forward pass is the kernel's own, including W_ih, and the gradient of the probe comes from `step_adjoints`: one
closed-form vector-Jacobian product per step. Both are exact; a test compares them.

`output.retain_grad()` gives something else: the immediate partial d+L/dh_t, without the path through later steps. With
a loss on the last step it is zero everywhere else. Both are recorded here, under these names.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from ..errors import RecurrentError
from .backward import KernelWithAdjoints, refuse_second_order
from .cells import CellWeights
from .modules import find_recurrent, read_call, refuse_autocast, require_recurrent
from .trajectory import DirectionTrajectory, Trajectory, quiet_kernels, run_fused, run_layers


@dataclass(frozen=True, kw_only=True)
class DirectionAdjoints:
    """Gradients of the loss along one layer in one direction, in that direction's order of steps."""

    trajectory: DirectionTrajectory
    gates: Tensor
    """dL/d(W_ih x_k + b_ih) at every step, through all later steps: T x B x gH."""
    hidden_immediate: Tensor
    """d+L/dh_t, T x B x P: the gradient from the loss and the layers above, but not through later steps."""
    cell_immediate: Tensor | None
    """The gradient of the LSTM's last cell state from outside, B x H; None for RNN and GRU."""

    @property
    def hidden_gates(self) -> Tensor:
        """dL/d(W_hh h_{k-1} + b_hh), T x B x gH."""
        return self.trajectory.linearization.hidden_side(self.gates)

    @cached_property
    def hidden_total(self) -> Tensor:
        """dL/dh_t through all later steps, T x B x P."""
        from_later = torch.zeros_like(self.hidden_immediate)
        from_later[:-1] = (self.hidden_gates @ self.trajectory.weights.weight_hh)[1:]
        total = self.hidden_immediate + from_later
        if self.trajectory.weights.kind == "gru":  # the GRU's h also has a direct path, through z
            keep = self.trajectory.linearization.coefficients["keep"]
            for step in range(self.trajectory.steps - 2, -1, -1):
                total[step] += total[step + 1] * keep[step + 1]
        return total

    @cached_property
    def cell_total(self) -> Tensor | None:
        """dL/dC_t through all later steps and through h_t, T x B x H; None for RNN and GRU."""
        if self.cell_immediate is None:
            return None
        coefficients, weights = self.trajectory.linearization.coefficients, self.trajectory.weights
        hidden = self.hidden_total if weights.weight_hr is None else self.hidden_total @ weights.weight_hr
        total = hidden * coefficients["through_h"]
        last = (self.trajectory.lengths - 1).to(total.device)
        total[last, torch.arange(total.shape[1], device=total.device)] += self.cell_immediate
        for step in range(self.trajectory.steps - 2, -1, -1):
            total[step] += total[step + 1] * coefficients["keep"][step + 1]
        return total

    def gradients(self) -> dict[str, Tensor]:
        """dL/d(parameter) by name in torch.nn: sums of adjoint times input over the steps."""
        trajectory, suffix = self.trajectory, self.trajectory.weights.suffix
        outer = lambda a, v: torch.einsum("tbi,tbj->ij", a, v)  # noqa: E731
        found = {
            f"weight_ih_{suffix}": outer(self.gates, trajectory.x),
            f"weight_hh_{suffix}": outer(self.hidden_gates, trajectory.h_before),
        }
        if trajectory.weights.bias_ih is not None:
            found[f"bias_ih_{suffix}"] = self.gates.sum((0, 1))
            found[f"bias_hh_{suffix}"] = self.hidden_gates.sum((0, 1))
        if trajectory.weights.weight_hr is not None:
            assert trajectory.c is not None
            before_projection = trajectory.gates["o"] * trajectory.c.tanh()
            found[f"weight_hr_{suffix}"] = outer(self.hidden_total * trajectory.valid[..., None], before_projection)
        return found


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One pass: the trajectory, the adjoints of every direction, and the gradient at the module's outputs."""

    module: nn.RNNBase
    trajectory: Trajectory
    adjoints: list[list[DirectionAdjoints]]
    """By layer, then direction."""
    output_gradient: Tensor
    """T x B x (directions * P), in the order of time: d+L/d(output)."""
    h_n_gradient: Tensor
    """(layers * directions) x B x P: d+L/dh_n."""
    c_n_gradient: Tensor | None
    """(layers * directions) x B x H: d+L/dC_n, LSTM only."""
    loss: float
    run_again: Callable[[], Tensor]
    """Computes the loss again, with the module's own fused kernel, inside the autograd graph."""

    def gradients(self) -> dict[str, Tensor]:
        """dL/d(parameter) of the whole module from the adjoints, by name."""
        return {n: g for layer in self.adjoints for direction in layer for n, g in direction.gradients().items()}

    def direction(self, layer: int = -1, reverse: bool = False) -> DirectionAdjoints:
        """The adjoints of one layer and direction, by default the last layer's forward direction."""
        self.trajectory.direction(layer, reverse)
        return self.adjoints[layer][int(reverse)]


class ProbedCall:
    """Runs a recurrent module with probes; a loss then turns it into a Recording."""

    def __init__(self, module: nn.RNNBase):
        self.module = require_recurrent(module)
        self.calls = 0
        self._probes: list[Tensor] = []
        self._hidden: list[Tensor] = []

    def __call__(self, x: Tensor | PackedSequence, hx=None):
        """What module(x, hx) returns (without dropout between layers)."""
        self.calls += 1
        self._probes, self._hidden = [], []
        call = read_call(self.module, x, hx)
        self.trajectory, self._output, self._h_n, self._c_n = run_layers(self.module, call, self._run)
        # Copies, so that in-place operations of the model do not change what the loss is differentiated by.
        c_n = None if self._c_n is None else self._c_n.clone()
        return as_returned(self.module, x, call.lengths, self._output.clone(), self._h_n.clone(), c_n)

    def _run(self, weights: CellWeights, x: Tensor, h0: Tensor, c0: Tensor | None, lengths: Tensor):
        run = self._run_closed_form if _is_onednn(weights, x, lengths) else self._run_probed
        probe, h, final = run(weights, x, h0, c0, lengths)
        self._probes.append(probe)
        self._hidden.append(h)
        return h, final

    def _run_probed(self, weights: CellWeights, x: Tensor, h0: Tensor, c0: Tensor | None, lengths: Tensor):
        probe = nn.functional.linear(x, weights.weight_ih)
        if not probe.requires_grad:
            probe.requires_grad_()
        identity = torch.eye(probe.shape[-1], dtype=x.dtype, device=x.device)
        h, final = run_fused(replace(weights, weight_ih=identity), probe, h0, c0, lengths)
        for result in (h, *final):
            if result is not None and result.grad_fn is not None:
                # On the node, not the tensor: a gradient that ends at the output uses no weight twice.
                result.grad_fn.register_prehook(refuse_second_order)
        return probe, h, final

    def _run_closed_form(self, weights: CellWeights, x: Tensor, h0: Tensor, c0: Tensor | None, lengths: Tensor):
        index = len(self._probes)
        linearization = lambda: self.trajectory.flat()[index].linearization  # noqa: E731
        probe = x.new_zeros(()).expand(*x.shape[:2], len(weights.weight_hh)).requires_grad_()
        h, *final = KernelWithAdjoints.apply(probe, x, h0, c0, weights, lengths, linearization, *weights.flat)
        return probe, h, tuple(final)

    def recording(self, loss: Tensor, run_again: Callable[[], Tensor]) -> Recording:
        """The recording of this call for a loss (a scalar in the autograd graph)."""
        if self.calls != 1:
            raise RecurrentError(
                f"the recurrent module was called {self.calls} times: record a pass that calls it once"
            )
        _check_loss(loss)
        ends = [self._output, self._h_n] + ([] if self._c_n is None else [self._c_n])
        wanted = self._probes + self._hidden + ends
        with _explained():
            given = torch.autograd.grad(loss, wanted, allow_unused=True)
        found = [torch.zeros_like(w) if g is None else g for w, g in zip(wanted, given, strict=True)]
        count = len(self._probes)
        ends = found[2 * count :]
        return Recording(
            module=self.module,
            trajectory=self.trajectory,
            adjoints=self._adjoints(found[:count], found[count : 2 * count], ends[1], ends[2] if ends[2:] else None),
            output_gradient=ends[0],
            h_n_gradient=ends[1],
            c_n_gradient=ends[2] if ends[2:] else None,
            loss=loss.item(),
            run_again=run_again,
        )

    def _adjoints(self, gates, hidden, h_n, c_n) -> list[list[DirectionAdjoints]]:
        by_layer: list[list[DirectionAdjoints]] = []
        index = 0
        for layer in self.trajectory.layers:
            by_layer.append([])
            for direction in layer:
                immediate = add_at_end(hidden[index], h_n[index], direction.lengths)
                by_layer[-1].append(
                    DirectionAdjoints(
                        trajectory=direction,
                        gates=gates[index],
                        hidden_immediate=immediate,
                        cell_immediate=None if c_n is None else c_n[index],
                    )
                )
                index += 1
        return by_layer


def _is_onednn(weights: CellWeights, x: Tensor, lengths: Tensor) -> bool:
    """Whether PyTorch uses oneDNN's LSTM for this call in float32; other dtypes use the probe."""
    if weights.kind != "lstm" or weights.weight_hr is not None or not bool((lengths == x.shape[0]).all()):
        return False
    onednn: Any = torch.backends.mkldnn
    return x.device.type == "cpu" and x.dtype == torch.float32 and onednn.is_available() and onednn.enabled


def add_at_end(steps: Tensor, final: Tensor, lengths: Tensor) -> Tensor:
    """`steps`, T x B x ..., with `final` (B x ...) added at the last step of each sequence."""
    result, batch = steps.clone(), torch.arange(steps.shape[1], device=steps.device)
    result[(lengths - 1).to(steps.device), batch] += final
    return result


def as_returned(module: nn.RNNBase, x, lengths: Tensor, output: Any, h_n: Tensor, c_n: Tensor | None):
    """Shape output and final state as the module itself would for this input."""
    if isinstance(x, PackedSequence):
        output = pack_padded_sequence(output, lengths, enforce_sorted=x.sorted_indices is None)
    elif x.dim() == 2:
        output, h_n, c_n = output[:, 0], h_n[:, 0], None if c_n is None else c_n[:, 0]
    elif module.batch_first:
        output = output.transpose(0, 1)
    return output, h_n if c_n is None else (h_n, c_n)


def record(module: nn.RNNBase, x: Tensor | PackedSequence, loss: Callable[..., Tensor], hx=None) -> Recording:
    """Record one pass of a bare recurrent module.

    x, hx: the module's arguments. loss: `loss(output, state)` maps the module's results to a scalar. Dropout between
    layers is turned off, as in eval mode. On a GPU this works in eval mode too. Raises RecurrentError for arguments
    that do not fit, and for a loss that does not depend on the module or contains a gradient through it (a gradient
    penalty).
    """
    call, again = ProbedCall(module), same_draws()
    with torch.enable_grad(), _explained():
        value = loss(*call(x, hx))
    return call.recording(value, lambda: again(lambda: _by_the_kernel(module, lambda: loss(*module(x, hx)))))


def record_step(model: nn.Module, step: Callable[[], Tensor], module: nn.RNNBase | None = None) -> Recording:
    """Record one pass of a model that contains a recurrent module.

    step: runs the model and returns its scalar loss, for example `lambda: cross_entropy(model(x), y)`.
    module: the recurrent module in the model; by default the first one.
    Raises RecurrentError if there is none, or if `step` does not call it exactly once.
    """
    module = find_recurrent(model) if module is None else require_recurrent(module)
    call, again = ProbedCall(module), same_draws()
    hook = lambda _, args, kwargs, __: call(*args, **_renamed(kwargs))  # noqa: E731
    handle = module.register_forward_hook(hook, with_kwargs=True)
    # Before the pass: on some CPUs torch has no LSTM under autocast, and says so in other words.
    first = module.register_forward_pre_hook(lambda *_: refuse_autocast(next(module.parameters()).device.type))
    try:
        with torch.enable_grad(), _explained(), without_dropout(module):
            value = step()
    finally:
        handle.remove()
        first.remove()
    return call.recording(value, lambda: again(lambda: _by_the_kernel(module, step)))


def _renamed(kwargs: dict) -> dict:
    return {"x" if name == "input" else name: value for name, value in kwargs.items()}


@contextmanager
def without_dropout(module: nn.RNNBase) -> Iterator[None]:
    """While the block runs, the module has no dropout between its layers, so it draws no random numbers."""
    dropout, module.dropout = module.dropout, 0.0
    try:
        yield
    finally:
        module.dropout = dropout


def same_draws() -> Callable[[Callable[[], Tensor]], Tensor]:
    """A function that calls another one with the current random state, so that dropout masks are repeated."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    cpu, gpu = torch.random.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]

    def again(run: Callable[[], Tensor]) -> Tensor:
        with torch.random.fork_rng(devices=devices):
            torch.random.set_rng_state(cpu)
            for device, state in zip(devices, gpu, strict=True):
                torch.cuda.set_rng_state(state, device)
            return run()

    return again


def _by_the_kernel(module: nn.RNNBase, run: Callable[[], Tensor]) -> Tensor:
    with without_dropout(module), torch.enable_grad(), quiet_kernels(), torch.backends.cudnn.flags(enabled=False):
        return run()


def _check_loss(loss: Tensor) -> None:
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        found = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise RecurrentError(f"the loss must be one number, not {found}: take its mean or sum")
    if not loss.requires_grad:
        raise RecurrentError("the loss does not depend on the module's output: nothing to differentiate")


class _explained:
    """Turns cuDNN's errors about its limits into advice."""

    _ADVICE = (
        ("cudnn RNN backward can only be called in training mode", "call model.train(), or run the pass"),
        ("_cudnn_rnn_backward", "cuDNN has no double backward: run the pass"),
    )

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if isinstance(error, RuntimeError):
            for sign, advice in self._ADVICE:
                if sign in str(error):
                    where = "inside torch.backends.cudnn.flags(enabled=False)"
                    raise RecurrentError(f"{advice} {where}") from error
        return False
