"""The trajectory of a recurrent module: inputs, states and gates of every layer and direction at every step.

Internally, each direction is stored in the order in which it works (the reverse direction starts at the end of each
sequence), so that padding always comes last; `in_time` reorders a tensor by time.
"""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ..errors import RecurrentError
from .cells import (
    GATES,
    CellWeights,
    Linearization,
    gru_gates,
    hidden_preactivations,
    input_preactivations,
    linearize,
    linearize_lstm,
    lstm_gates,
)
from .modules import Call, cell_weights, read_call

_FUSED: dict[str, Any] = {"rnn_tanh": torch.rnn_tanh, "rnn_relu": torch.rnn_relu, "lstm": torch.lstm, "gru": torch.gru}


@dataclass(frozen=True, kw_only=True)
class DirectionTrajectory:
    """One layer in one direction, along a batch of sequences; tensors are in that direction's order of steps."""

    weights: CellWeights
    reverse: bool
    x: Tensor
    """T x B x D, the layer's input."""
    h: Tensor
    """T x B x P, the hidden state after each step; 0 after the end of a sequence."""
    h0: Tensor
    """B x P."""
    c0: Tensor | None
    """B x H, LSTM only."""
    lengths: Tensor
    """B."""

    @property
    def steps(self) -> int:
        """T, the longest sequence."""
        return self.x.shape[0]

    @cached_property
    def valid(self) -> Tensor:
        """T x B, True up to the end of each sequence."""
        return (torch.arange(self.steps)[:, None] < self.lengths[None]).to(self.x.device)

    @cached_property
    def h_before(self) -> Tensor:
        """T x B x P, the hidden state before each step."""
        return torch.cat([self.h0[None], self.h[:-1]])

    @cached_property
    def _cells(self) -> Tensor:
        """(T + 1) x B x H, the LSTM's initial cell state and the one after each step."""
        assert self.c0 is not None
        i, f, g, _ = self.gates.values()
        cells = torch.cat([self.c0[None], i * g])
        for before, keep, cell in zip(cells[:-1], f, cells[1:], strict=True):
            cell.addcmul_(keep, before)
        return cells

    @property
    def c(self) -> Tensor | None:
        """T x B x H, the LSTM's cell state after each step; None for the others."""
        return None if self.c0 is None else self._cells[1:]

    @property
    def c_before(self) -> Tensor | None:
        """T x B x H, the cell state before each step; None for RNN and GRU."""
        return None if self.c0 is None else self._cells[:-1]

    @cached_property
    def gates(self) -> dict[str, Tensor]:
        """The activation of each gate, T x B x H, by name, in PyTorch's order."""
        return dict(zip(GATES[self.weights.kind], self._gate_values(), strict=True))

    def _gate_values(self) -> tuple[Tensor, ...]:
        if self.weights.kind not in ("lstm", "gru"):
            return (self.h,)
        summed = input_preactivations(self.weights, self.x)
        if self.weights.kind == "gru":
            return gru_gates(summed, hidden_preactivations(self.weights, self.h_before))[:3]
        summed += hidden_preactivations(self.weights, self.h_before)
        return lstm_gates(summed)

    @cached_property
    def linearization(self) -> Linearization:
        """The cell linearised at every step."""
        if self.weights.kind == "lstm":
            return linearize_lstm(self.weights, tuple(self.gates.values()), self._cells[:-1], self._cells[1:])
        return linearize(self.weights, self.x, self.h_before)

    def in_time(self, tensor: Tensor) -> Tensor:
        """Reorder a T x B x ... tensor from the direction's order to the order of time, or back."""
        return reverse_within(tensor, self.lengths) if self.reverse else tensor


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """All layers and directions of one call: `layers[layer][direction]`."""

    layers: list[list[DirectionTrajectory]]
    lengths: Tensor
    """B."""

    @property
    def steps(self) -> int:
        """T, the longest sequence."""
        return self.layers[0][0].steps

    def direction(self, layer: int = -1, reverse: bool = False) -> DirectionTrajectory:
        """One layer and direction, by default the last layer's forward direction."""
        try:
            return self.layers[layer][int(reverse)]
        except IndexError:
            what = f"{len(self.layers)} layers and {len(self.layers[0])} direction(s)"
            raise RecurrentError(f"there is no layer {layer}, reverse={reverse}: the module has {what}") from None

    def flat(self) -> list[DirectionTrajectory]:
        """All directions of all layers, from the lowest layer up."""
        return [direction for layer in self.layers for direction in layer]


def reverse_within(tensor: Tensor, lengths: Tensor) -> Tensor:
    """Reverse a T x B x ... tensor in time within the length of each sequence, without padding. Its own inverse."""
    steps = torch.arange(tensor.shape[0])[:, None]
    source = torch.where(steps < lengths[None], lengths[None] - 1 - steps, steps).to(tensor.device)
    return tensor[source, torch.arange(tensor.shape[1], device=tensor.device)[None]]


def trace(module: nn.RNNBase, x: Tensor | PackedSequence, hx=None) -> Trajectory:
    """Run a recurrent module and return its trajectory, outside the autograd graph.

    x, hx: the module's arguments. Dropout between layers is turned off, as in eval mode. Each direction uses PyTorch's
    fused kernel. Raises RecurrentError for arguments that do not fit.
    """
    with torch.no_grad():
        return run_layers(module, read_call(module, x, hx))[0]


def run_layers(module: nn.RNNBase, call: Call, run=None) -> tuple[Trajectory, Tensor, Tensor, Tensor | None]:
    """Run the layers one by one with the fused kernels.

    run: the function that runs one direction, by default `run_fused`; the probes replace it. Returns the (detached)
    trajectory, the output T x B x (directions * P) in the order of time, h_n, and C_n (None except for an LSTM), each
    (layers * directions) x B x ...
    """
    below = call.x
    layers: list[list[DirectionTrajectory]] = []
    finals: list[tuple[Tensor, Tensor | None]] = []
    for layer_weights in cell_weights(module):
        outputs: list[Tensor] = []
        directions: list[DirectionTrajectory] = []
        for weights in layer_weights:
            reverse, index = len(directions) == 1, len(finals)
            c0 = None if call.c0 is None else call.c0[index]
            x = reverse_within(below, call.lengths) if reverse else below
            h, final = (run or run_fused)(weights, x, call.h0[index], c0, call.lengths)
            finals.append(final)
            outputs.append(reverse_within(h, call.lengths) if reverse else h)
            directions.append(_detached(weights, reverse, x, h, call.h0[index], c0, call.lengths))
        below = torch.cat(outputs, dim=-1)
        layers.append(directions)
    h_n = torch.stack([h for h, _ in finals])
    c_n = None if call.c0 is None else torch.stack([c for _, c in finals if c is not None])
    return Trajectory(layers=layers, lengths=call.lengths), below, h_n, c_n


def _detached(weights, reverse, x, h, h0, c0, lengths) -> DirectionTrajectory:
    return DirectionTrajectory(
        weights=weights.detached(),
        reverse=reverse,
        x=x.detach(),
        h=h.detach(),
        h0=h0.detach(),
        c0=None if c0 is None else c0.detach(),
        lengths=lengths,
    )


@contextmanager
def quiet_kernels():
    """Silence warnings of the fused kernels about their speed, which do not matter here."""
    with warnings.catch_warnings():
        # cuDNN prefers one chunk of memory, but copying the weights into one costs more than it saves here.
        warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk")
        warnings.filterwarnings("ignore", message="LSTM with projections is not supported with oneDNN")
        yield


def run_fused(weights: CellWeights, x: Tensor, h0: Tensor, c0: Tensor | None, lengths: Tensor):
    """Run one layer in one direction with PyTorch's fused kernel.

    x: T x B x D in the direction's order. Returns h (T x B x P, 0 after the end of a sequence) and the pair of final
    states (B x P, and B x H or None).
    """
    state: Any = h0[None] if c0 is None else (h0[None], c0[None])
    biased = weights.bias_ih is not None
    with quiet_kernels():
        if bool((lengths == x.shape[0]).all()):
            out, *final = _FUSED[weights.kind](x, state, weights.flat, biased, 1, 0.0, True, False, False)
        else:
            packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
            order = packed.sorted_indices
            state = tuple(s[:, order] for s in state) if isinstance(state, tuple) else state[:, order]
            data, *final = _FUSED[weights.kind](
                packed.data, packed.batch_sizes, state, weights.flat, biased, 1, 0.0, True, False
            )
            out, _ = pad_packed_sequence(packed._replace(data=data), total_length=x.shape[0])
            final = [f[:, packed.unsorted_indices] for f in final]
    return out, (final[0][0], final[1][0] if len(final) == 2 else None)
