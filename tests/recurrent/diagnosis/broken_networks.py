"""49 broken recurrent networks, written down before any threshold was set: what is wrong with each is known.

Each is one of a kind that keeps people from training: a cut gradient, a closed gate, an exploding or vanishing product,
saturation, a NaN, float16's underflow.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from pipeline.recurrent import Recording, forget_bias_, orthogonal_, record, record_step, spectral_radius_

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Broken:
    """A network with a known fault."""

    name: str
    record: Callable[[], Recording]
    fault: str
    """What is wrong, in the words of the table."""


BROKEN: list[Broken] = []


def broken(name: str, fault: str):
    """Add a network to the list."""

    def add(function: Callable[[], Recording]) -> Callable[[], Recording]:
        def seeded() -> Recording:
            torch.manual_seed(7)
            return function()

        BROKEN.append(Broken(name, seeded, fault))
        return function

    return add


def by_last_step(module: nn.RNNBase, steps: int = 32, scale: float = 1.0, batch: int = 8, factor: float = 1.0):
    """A pass with cross-entropy of a linear head on the last step."""
    head = nn.Linear((module.proj_size or module.hidden_size) * (1 + module.bidirectional), 10)
    head = head.to(module.weight_hh_l0.dtype)
    x = (scale * torch.randn(steps, batch, module.input_size)).to(module.weight_hh_l0)
    labels = torch.randint(0, 10, (batch,))
    return record(module, x, lambda out, _: factor * F.cross_entropy(head(out[-1]).float(), labels))


def by_mean(module: nn.RNNBase, steps: int = 32, scale: float = 1.0, loss=lambda y: y.square().mean()):
    """A pass with a loss on the mean over the steps."""
    return record(module, scale * torch.randn(steps, 8, module.input_size), lambda out, _: loss(out.mean(0)))


def gate_bias(module: nn.RNNBase, gate: int, value: float) -> nn.RNNBase:
    """Set one gate's bias in PyTorch's order of gates."""
    size = module.hidden_size
    module.bias_ih_l0.data[gate * size : (gate + 1) * size] = value
    module.bias_hh_l0.data[gate * size : (gate + 1) * size] = 0
    return module


class Headed(nn.Module):
    """A recurrent module whose last step goes through a head."""

    def __init__(self, module: nn.RNNBase, head: nn.Module):
        super().__init__()
        self.recurrent, self.head = module, head

    def recorded(self, loss=None) -> Recording:
        """A pass of 32 steps with cross-entropy, or with another loss of the head's output."""
        x, labels = torch.randn(32, 8, self.recurrent.input_size), torch.randint(0, 10, (8,))
        loss = loss or (lambda y: F.cross_entropy(y, labels))
        return record_step(self, lambda: loss(self.head(self.recurrent(x)[0][-1])))


def dead_head(width: int) -> nn.Module:
    """A linear layer, a ReLU that no input opens, a linear layer."""
    head = nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, 10))
    nn.init.constant_(head[0].bias, -100.0)
    return head


def zeroed(layer: nn.Linear) -> nn.Linear:
    """A linear layer of zeros."""
    nn.init.zeros_(layer.weight)
    return layer


for cell in (nn.RNN, nn.LSTM, nn.GRU):
    broken(f"dead ReLU head, {cell.__name__}", "cut")(lambda cell=cell: Headed(cell(4, 16), dead_head(16)).recorded())
    broken(f"loss times 0, {cell.__name__}", "cut")(lambda cell=cell: by_last_step(cell(4, 16), factor=0.0))


@broken("a head of zeros", "cut")
def _():
    return Headed(nn.LSTM(4, 16), zeroed(nn.Linear(16, 10))).recorded()


@broken("cross-entropy over one class", "cut")
def _():
    return Headed(nn.GRU(4, 16), nn.Linear(16, 1)).recorded(lambda y: F.cross_entropy(y, torch.zeros(8).long()))


@broken("a sigmoid head pushed to 1", "cut")
def _():
    return Headed(nn.LSTM(4, 16), nn.Linear(16, 10)).recorded(lambda y: (y + 200).sigmoid().square().mean())


@broken("hinge loss that no example violates", "cut")
def _():
    return Headed(nn.GRU(4, 16), nn.Linear(16, 10)).recorded(lambda y: F.relu(y - 50).sum())


@broken("a mask that covers every step", "cut")
def _():
    module, mask = nn.LSTM(4, 16), torch.zeros(32, 1, 1)
    return record(module, torch.randn(32, 8, 4), lambda out, _: (out * mask).square().sum())


@broken("the upper layer ignores the lower one", "cut")
def _():
    module = nn.LSTM(4, 16, 2)
    nn.init.zeros_(module.weight_ih_l1)
    return by_last_step(module)


@broken("only the forward direction is read", "cut")
def _():
    module = nn.GRU(4, 16, bidirectional=True)
    return record(module, torch.randn(32, 8, 4), lambda out, _: out[..., :16].square().mean())


@broken("an LSTM's projection of zeros", "cut")
def _():
    module = nn.LSTM(4, 16, proj_size=8)
    nn.init.zeros_(module.weight_hr_l0)
    return by_last_step(module)


for value in (10.0, 20.0, 40.0):
    broken(f"GRU, update gate bias {value:g}", "no writing")(
        lambda value=value: by_last_step(gate_bias(nn.GRU(4, 16), 1, value))
    )


@broken("LSTM, input gate shut and forget gate open", "no writing")
def _():
    return by_last_step(gate_bias(gate_bias(nn.LSTM(4, 16), 0, -120.0), 1, 20.0))


@broken("LSTM, input gate shut", "no writing")
def _():
    return by_last_step(gate_bias(nn.LSTM(4, 16), 0, -12.0))


@broken("LSTM, output gate shut", "no writing")
def _():
    return by_last_step(gate_bias(nn.LSTM(4, 16), 3, -15.0))


@broken("LSTM, inputs and biases of zero", "no writing")
def _():
    module = nn.LSTM(4, 16, bias=False)
    return by_last_step(module, scale=0.0)


@broken("RNN of zeros", "no writing")
def _():
    module = nn.RNN(4, 16)
    for value in module.parameters():
        nn.init.zeros_(value)
    return by_last_step(module)


@broken("ReLU RNN, every unit dead", "dead")
def _():
    module = nn.RNN(4, 32, nonlinearity="relu")
    nn.init.constant_(module.bias_ih_l0, -20.0)
    return by_last_step(module)


@broken("ReLU RNN, three units in four dead", "dead")
def _():
    module = nn.RNN(4, 32, nonlinearity="relu")
    module.bias_ih_l0.data[:24] = -20.0
    return by_last_step(module)


for cell, steps in ((nn.RNN, 100), (nn.LSTM, 300), (nn.GRU, 300)):
    broken(f"default {cell.__name__}, T = {steps}, loss on the last step", "vanishing")(
        lambda cell=cell, steps=steps: by_last_step(cell(8, 32), steps)
    )


@broken("RNN with spectral radius 0.2", "vanishing")
def _():
    return by_last_step(spectral_radius_(nn.RNN(8, 32), 0.2), 40)


@broken("ReLU RNN with gain 0.3", "vanishing")
def _():
    return by_last_step(orthogonal_(nn.RNN(8, 32, nonlinearity="relu"), 0.3), 40)


@broken("LSTM, forget gate shut", "vanishing")
def _():
    return by_last_step(forget_bias_(nn.LSTM(8, 32), -5.0), 40)


@broken("GRU that forgets at once", "vanishing")
def _():
    module = gate_bias(nn.GRU(8, 32), 1, -8.0)
    module.weight_hh_l0.data.mul_(0.1)
    return by_last_step(module, 40)


@broken("the reverse direction vanishes", "vanishing")
def _():
    module = nn.RNN(8, 32, bidirectional=True)
    module.weight_hh_l0_reverse.data.mul_(0.1)
    orthogonal = nn.init.orthogonal_(torch.empty(32, 32))
    module.weight_hh_l0.data.copy_(orthogonal)
    return by_mean(module, 40)


@broken("ReLU RNN with gain 2", "exploding")
def _():
    return by_last_step(orthogonal_(nn.RNN(8, 32, nonlinearity="relu"), 2.0), 60)


@broken("tanh RNN with spectral radius 2, no bias, near silence", "exploding")
def _():
    return by_last_step(spectral_radius_(nn.RNN(8, 64, bias=False), 2.0), 60, scale=1e-18)


@broken("LSTM with recurrent weights times 30", "exploding")
def _():
    module = nn.LSTM(8, 64)
    module.weight_hh_l0.data.mul_(30.0)
    return by_last_step(module, 60)


@broken("GRU with recurrent weights times 30", "exploding")
def _():
    module = nn.GRU(8, 64)
    module.weight_hh_l0.data.mul_(30.0)
    return by_last_step(module, 60)


@broken("ReLU RNN that overflows", "non-finite")
def _():
    return by_last_step(orthogonal_(nn.RNN(8, 32, nonlinearity="relu"), 10.0), 100)


for cell in (nn.RNN, nn.LSTM, nn.GRU):
    broken(f"raw pixels of 0 to 255 as input, {cell.__name__}", "saturation")(
        lambda cell=cell: by_last_step(cell(96, 32), scale=128.0)
    )


@broken("tanh RNN with biases of 6", "saturation")
def _():
    module = nn.RNN(4, 32)
    nn.init.constant_(module.bias_ih_l0, 6.0)
    return by_last_step(module)


@broken("LSTM whose cell piles up", "saturation")
def _():
    module = gate_bias(gate_bias(gate_bias(nn.LSTM(4, 32), 0, 9.0), 1, 9.0), 2, 4.0)
    return by_last_step(module)


for what in ("weight", "input", "loss", "state"):

    def _(what=what):
        module, x = nn.GRU(4, 16), torch.randn(12, 3, 4)
        hx = None
        if what == "weight":
            module.weight_ih_l0.data[2, 1] = NAN
        if what == "input":
            x[4, 1, 0] = INF
        if what == "state":
            hx = torch.full((1, 3, 16), NAN)
        factor = NAN if what == "loss" else 1.0
        return record(module, x, lambda out, _: factor * out.square().sum(), hx)

    broken(f"a NaN or infinity in the {what}", "non-finite")(_)


@broken("a loss of 1e-7, for float16", "underflow")
def _():
    return by_last_step(nn.LSTM(4, 16), 16, factor=1e-6)


@broken("a mean over a million outputs, for float16", "underflow")
def _():
    return by_mean(nn.GRU(4, 16), 16, loss=lambda y: y.square().sum() / 1e7)


@broken("a recurrent matrix that shears", "non-normal")
def _():
    module = nn.RNN(16, 64)
    module.weight_hh_l0.data.copy_(0.5 * torch.eye(64) + 8.0 * torch.diag(torch.ones(63), 1))
    module.weight_ih_l0.data.mul_(0.01)
    return by_mean(module)
