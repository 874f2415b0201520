"""Initialisers that determine how long a recurrent network remembers. All work in place and return the module."""

import torch
from torch import Generator, Tensor, nn

from ..errors import RecurrentError
from .cells import GATES
from .modules import cell_weights, kind_of, require_recurrent


def orthogonal_(module: nn.RNNBase, gain: float = 1.0, generator: Generator | None = None) -> nn.RNNBase:
    """Set every gate's recurrent matrix to `gain` times an orthogonal one (semi-orthogonal for a projection).

    Source: Saxe, McClelland, Ganguli 2014. With gain 1 the linear part neither grows nor shrinks a gradient.
    """
    with torch.no_grad():
        for block in _recurrent_blocks(module):
            nn.init.orthogonal_(block, gain=gain, generator=generator)
    return module


def spectral_radius_(module: nn.RNNBase, radius: float) -> nn.RNNBase:
    """Scale every gate's recurrent matrix to this spectral radius, as in echo-state networks.

    Raises RecurrentError for a projection (the block is not square), and for a matrix whose eigenvalues are all 0.
    """
    with torch.no_grad():
        for block in _recurrent_blocks(module):
            if block.shape[0] != block.shape[1]:
                raise RecurrentError(f"a {block.shape[0]} x {block.shape[1]} block has no eigenvalues: drop proj_size")
            present = torch.linalg.eigvals(block.double()).abs().max().item()
            if present == 0:
                raise RecurrentError("the recurrent matrix has spectral radius 0: fill it before scaling it")
            block.mul_(radius / present)
    return module


def forget_bias_(module: nn.RNNBase, value: float = 1.0) -> nn.RNNBase:
    """Set the LSTM's forget-gate bias to `value`. PyTorch ADDS two biases, so b_ih gets the value and b_hh gets 0.

    With value v the gate starts near sigmoid(v): f^n < 0.001 after 10, 23, 55, 143 steps at v = 0, 1, 2, 3.
    For a GRU it sets the update gate, which keeps the state for z = 1. Source: Jozefowicz, Zaremba, Sutskever 2015.
    """
    return _set_gate(module, _keeping_gate(module), lambda bias: torch.full_like(bias, value))


def chrono_(module: nn.RNNBase, longest: int, generator: Generator | None = None) -> nn.RNNBase:
    """Chrono initialisation: memory lengths spread over 1..longest steps. Source: Tallec and Ollivier 2018, section 3.

    LSTM: b_f = log(u), b_i = -b_f with u uniform on [1, longest - 1]; GRU: b_z = log(u) (PyTorch's z keeps).
    """
    if longest < 3:
        raise RecurrentError(f"longest must be at least 3 steps, not {longest}")
    drawn: list[Tensor] = []

    def log_uniform(bias: Tensor) -> Tensor:
        u = torch.rand(bias.shape, generator=generator, dtype=torch.float64) * (longest - 2) + 1
        drawn.append(u.log().to(bias))
        return drawn[-1]

    _set_gate(module, _keeping_gate(module), log_uniform)
    if kind_of(module) == "lstm":
        _set_gate(module, "i", lambda _: -drawn.pop(0))
    return module


def _keeping_gate(module: nn.RNNBase) -> str:
    kind = kind_of(require_recurrent(module))
    if kind not in ("lstm", "gru"):
        raise RecurrentError("nn.RNN has no gate that keeps its state: use orthogonal_ or spectral_radius_")
    return "f" if kind == "lstm" else "z"


def _set_gate(module: nn.RNNBase, gate: str, make) -> nn.RNNBase:
    index, count = GATES[kind_of(module)].index(gate), len(GATES[kind_of(module)])
    for layer in cell_weights(module):
        for weights in layer:
            if weights.bias_ih is None:
                raise RecurrentError("the module was made with bias=False, so it has no gate bias to set")
            assert weights.bias_hh is not None
            with torch.no_grad():
                target = weights.bias_ih.chunk(count)[index]
                target.copy_(make(target))
                weights.bias_hh.chunk(count)[index].zero_()
    return module


def _recurrent_blocks(module: nn.RNNBase) -> list[Tensor]:
    return [
        block
        for layer in cell_weights(module)
        for weights in layer
        for block in weights.weight_hh.chunk(len(GATES[weights.kind]))
    ]
