"""Read nn.RNN, nn.LSTM and nn.GRU: their weights and the arguments of a call; refuse what is not supported."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from ..errors import RecurrentError
from .cells import CellWeights


@dataclass(frozen=True, kw_only=True)
class Call:
    """The arguments of a call of a recurrent module, in a standard shape."""

    x: Tensor
    """T x B x D, with arbitrary padding after the end of each sequence."""
    lengths: Tensor
    """B, int64, on the CPU."""
    h0: Tensor
    """(layers * directions) x B x P."""
    c0: Tensor | None
    """(layers * directions) x B x H, LSTM only."""


def require_recurrent(module: nn.Module) -> nn.RNNBase:
    """The module itself if it is an nn.RNN, nn.LSTM or nn.GRU; otherwise raises RecurrentError with advice."""
    if isinstance(module, (nn.RNN, nn.LSTM, nn.GRU)):
        if type(module).forward not in (nn.RNN.forward, nn.LSTM.forward, nn.GRU.forward):
            raise RecurrentError(
                f"{type(module).__name__} has a forward of its own, which the diagnosis would ignore: "
                "pass a plain nn.RNN, nn.LSTM or nn.GRU"
            )
        return module
    if isinstance(module, nn.RNNCellBase):
        raise RecurrentError(
            f"{type(module).__name__} computes one step per call: use the sequence module of the same name "
            "without 'Cell', with the same weights"
        )
    inside = [name for name, child in module.named_modules() if isinstance(child, (nn.RNN, nn.LSTM, nn.GRU))]
    advice = (
        f"pass its part {inside[0]!r}, or use record_step(model, ...)" if inside else "there is no recurrence in it"
    )
    raise RecurrentError(f"{type(module).__name__} is not an nn.RNN, nn.LSTM or nn.GRU: {advice}")


def find_recurrent(model: nn.Module) -> nn.RNNBase:
    """The first nn.RNN, nn.LSTM or nn.GRU inside a model; raises RecurrentError if there is none."""
    for child in model.modules():
        if isinstance(child, (nn.RNN, nn.LSTM, nn.GRU)):
            return child
    raise RecurrentError(f"{type(model).__name__} has no nn.RNN, nn.LSTM or nn.GRU inside: nothing recurs in it")


def kind_of(module: nn.RNNBase) -> str:
    """ "rnn_tanh", "rnn_relu", "lstm" or "gru"."""
    if isinstance(module, nn.RNN):
        return f"rnn_{module.nonlinearity}"
    return "lstm" if isinstance(module, nn.LSTM) else "gru"


def cell_weights(module: nn.RNNBase) -> list[list[CellWeights]]:
    """The weights by layer, then by direction (forward first). They stay in the autograd graph."""
    require_recurrent(module)
    directions = ("", "_reverse") if module.bidirectional else ("",)
    return [
        [_named_weights(module, f"l{layer}{direction}") for direction in directions]
        for layer in range(module.num_layers)
    ]


def _named_weights(module: nn.RNNBase, suffix: str) -> CellWeights:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    tensors: dict[str, Any] = {name: getattr(module, f"{name}_{suffix}", None) for name in names}
    return CellWeights(kind=kind_of(module), suffix=suffix, **tensors)


def read_call(module: nn.RNNBase, x: Tensor | PackedSequence, hx=None) -> Call:
    """Convert the arguments of a call to a standard shape: time first, batched, unpacked, in the caller's batch order.

    x: the module's input (batch_first or not, unbatched, or a PackedSequence). hx: its initial state; zeros if None.
    Raises RecurrentError for a shape or dtype that the module does not accept, and under autocast.
    """
    if isinstance(x, PackedSequence):
        x, lengths = pad_packed_sequence(x)
    else:
        x = _time_first(module, x)
        lengths = torch.full((x.shape[1],), x.shape[0], dtype=torch.int64)
    _check_input(module, x)
    h0, c0 = _initial_state(module, x, hx)
    return Call(x=x, lengths=lengths.cpu(), h0=h0, c0=c0)


def _time_first(module: nn.RNNBase, x: Tensor) -> Tensor:
    if not isinstance(x, Tensor) or x.dim() not in (2, 3):
        found = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
        raise RecurrentError(f"the input must be T x B x D, T x D or a PackedSequence, not {found}")
    if x.dim() == 2:
        return x[:, None]
    return x.transpose(0, 1) if module.batch_first else x


def refuse_autocast(device: str) -> None:
    """Raises RecurrentError if autocast is on for this type of device, such as "cpu"."""
    if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
        raise RecurrentError(
            f"autocast to {torch.get_autocast_dtype(device)} is on, which would round the adjoints: run the pass "
            f"outside it, or inside torch.autocast({device!r}, enabled=False)"
        )


def _check_input(module: nn.RNNBase, x: Tensor) -> None:
    device = x.device.type
    if device == "mps":
        raise RecurrentError("the diagnosis computes in float64, which MPS lacks: move module and input to the CPU")
    refuse_autocast(device)
    if x.shape[-1] != module.input_size:
        raise RecurrentError(f"the input has {x.shape[-1]} features, the module takes {module.input_size}")
    if x.shape[0] == 0 or x.shape[1] == 0:
        raise RecurrentError(f"the input is empty (T = {x.shape[0]}, B = {x.shape[1]}): give at least one step")
    if x.dtype != module.weight_hh_l0.dtype:
        raise RecurrentError(
            f"the input is {x.dtype}, the weights are {module.weight_hh_l0.dtype}: convert one of them"
        )


def _initial_state(module: nn.RNNBase, x: Tensor, hx) -> tuple[Tensor, Tensor | None]:
    copies, width = module.num_layers * (2 if module.bidirectional else 1), module.proj_size or module.hidden_size
    lstm = isinstance(module, nn.LSTM)
    if hx is None:
        zeros = x.new_zeros(copies, x.shape[1], width)
        return zeros, x.new_zeros(copies, x.shape[1], module.hidden_size) if lstm else None
    if lstm and not (isinstance(hx, (tuple, list)) and len(hx) == 2):
        raise RecurrentError("an LSTM's initial state is a pair (h0, C0)")
    h0, c0 = hx if lstm else (hx, None)
    batched = lambda s: s[:, None] if isinstance(s, Tensor) and s.dim() == 2 else s  # noqa: E731
    h0, c0 = batched(h0), batched(c0)
    for state, size in ((h0, width), (c0, module.hidden_size if lstm else 0)):
        if size and not isinstance(state, Tensor):
            raise RecurrentError(f"the initial state is {type(state).__name__}, expected a tensor")
        if state is not None and (state.dtype, state.device) != (x.dtype, x.device):
            raise RecurrentError(
                f"the initial state is {state.dtype} on {state.device}, the input {x.dtype} on {x.device}: convert one"
            )
        if state is not None and tuple(state.shape) != (copies, x.shape[1], size):
            raise RecurrentError(f"the initial state is {tuple(state.shape)}, expected {(copies, x.shape[1], size)}")
    return h0, c0
