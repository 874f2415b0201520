"""The recurrent modules that the tests go through, float64 and drawn from a seed."""

import itertools

import pytest
import torch
from torch import nn

from pipeline.recurrent.diagnosis import plots

CELLS = {
    "rnn_tanh": (nn.RNN, {}),
    "rnn_relu": (nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (nn.LSTM, {}),
    "lstm_projected": (nn.LSTM, {"proj_size": 3}),
    "gru": (nn.GRU, {}),
}


def make_module(cell: str, inputs: int = 4, hidden: int = 5, dtype=torch.float64, **options) -> nn.RNNBase:
    """A module of one of CELLS with weights from a fixed seed."""
    kind, extra = CELLS[cell]
    with torch.random.fork_rng():
        torch.manual_seed(sum(map(ord, cell)))
        return kind(inputs, hidden, **extra, **options).to(dtype)


@pytest.fixture
def make():
    """The factory of modules."""
    return make_module


@pytest.fixture(params=list(CELLS))
def cell(request) -> str:
    """Every cell's name."""
    return request.param


@pytest.fixture
def relu_with_one_gap():
    """A ReLU RNN with W_hh = I and 32 x 4 inputs that keep its units open, but all shut at step 16 of sequence 0."""
    module = make_module("rnn_relu", inputs=5)
    with torch.no_grad():
        module.weight_hh_l0.copy_(torch.eye(5)), module.weight_ih_l0.copy_(torch.eye(5))
        module.bias_ih_l0.zero_(), module.bias_hh_l0.zero_()
    x = torch.ones(32, 4, 5, dtype=torch.float64)
    x[16, 0] = -1000.0
    return module, x


STACKS = list(itertools.product((1, 2, 3), (False, True)))


@pytest.fixture(params=STACKS, ids=[f"{n}layers{'-both' if b else ''}" for n, b in STACKS])
def stack(request) -> dict:
    """1 to 3 layers, one and both directions."""
    return {"num_layers": request.param[0], "bidirectional": request.param[1]}


@pytest.fixture
def draw():
    """Normal float64 numbers from a seed."""

    def normal(*shape: int, seed: int = 0, dtype=torch.float64):
        return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)

    return normal


@pytest.fixture
def mixed_loss():
    """A loss that weighs every step of the output and the final states differently."""

    def loss(output, state):
        values = output if torch.is_tensor(output) else output.data
        weights = torch.linspace(0.1, 1, values.numel(), dtype=values.dtype).reshape(values.shape)
        finals = state if isinstance(state, tuple) else (state,)
        return (values.square() * weights).sum() + sum(final.sin().sum() for final in finals)

    return loss


@pytest.fixture
def rough_pictures(monkeypatch):
    """Pictures with few dots and no search for the best layout, for tests that do not look at them."""
    write = plots.write

    def write_roughly(figure, target, kind, dpi=20):
        figure.set_layout_engine("none")
        write(figure, target, kind, 20)

    monkeypatch.setattr(plots, "write", write_roughly)
