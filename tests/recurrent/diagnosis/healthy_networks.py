"""208 healthy recurrent networks, drawn from a seed before any threshold was set, and never tuned to since.

Healthy means: PyTorch's start on at most 40 steps (20 for nn.RNN), a start that the literature recommends for longer
sequences, or a network that has learned its task. The loss, sizes, inputs and cell are drawn at random.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from pipeline.recurrent import Recording, chrono_, forget_bias_, orthogonal_, record_step

COUNT, TRAINED = 120, 8
CLASSES = 10


@dataclass(frozen=True)
class Healthy:
    """One network with a name that tells all that was drawn."""

    name: str
    record: Callable[[], Recording]


def keras_start(module: nn.RNNBase) -> nn.RNNBase:
    """Glorot inputs, orthogonal recurrence, zero biases, and a forget bias of 1."""
    for name, value in module.named_parameters():
        if "weight_ih" in name:
            nn.init.xavier_uniform_(value)
        if "bias" in name:
            nn.init.zeros_(value)
    orthogonal_(module)
    return forget_bias_(module, 1.0) if isinstance(module, nn.LSTM) else module


def identity_start(module: nn.RNNBase) -> nn.RNNBase:
    """The IRNN of Le, Jaitly and Hinton 2015: ReLU, W_hh = I, biases 0, small input weights."""
    for name, value in module.named_parameters():
        if "weight_hh" in name:
            nn.init.eye_(value)
        if "weight_ih" in name:
            nn.init.normal_(value, std=0.01)
        if "bias" in name:
            nn.init.zeros_(value)
    return module


def plain(module: nn.RNNBase) -> nn.RNNBase:
    """PyTorch's own start."""
    return module


STARTS = {  # cell, options, start, the lengths it is meant for
    "rnn": (nn.RNN, {}, lambda m, _: plain(m), (4, 8, 12, 16, 20)),
    "rnn orthogonal": (nn.RNN, {}, lambda m, _: orthogonal_(m), (12, 20, 32, 50)),
    "rnn relu": (nn.RNN, {"nonlinearity": "relu"}, lambda m, _: plain(m), (4, 8, 12, 16)),
    "irnn": (nn.RNN, {"nonlinearity": "relu"}, lambda m, _: identity_start(m), (20, 50, 100)),
    "lstm": (nn.LSTM, {}, lambda m, _: plain(m), (5, 10, 16, 24, 28, 32, 40)),
    "lstm forget 1": (nn.LSTM, {}, lambda m, _: forget_bias_(m, 1.0), (16, 32, 50, 64)),
    "lstm keras": (nn.LSTM, {}, lambda m, _: keras_start(m), (16, 32, 50)),
    "lstm chrono": (nn.LSTM, {}, lambda m, t: chrono_(m, t), (50, 100, 200, 400)),
    "gru": (nn.GRU, {}, lambda m, _: plain(m), (5, 10, 16, 24, 28, 32, 40)),
    "gru keras": (nn.GRU, {}, lambda m, _: keras_start(m), (16, 32, 40)),
    "gru chrono": (nn.GRU, {}, lambda m, t: chrono_(m, t), (50, 100, 200, 400)),
}

INPUTS = {
    "normal": lambda t, b, d: torch.randn(t, b, d),
    "uniform": lambda t, b, d: torch.rand(t, b, d),
    "one-hot": lambda t, b, d: F.one_hot(torch.randint(0, d, (t, b)), d).float(),
    "binary": lambda t, b, d: torch.randint(0, 2, (t, b, d)).float(),
    "waves": lambda t, b, d: torch.sin(torch.rand(b, d) * torch.arange(t)[:, None, None] + 6.3 * torch.rand(b, d)),
    "walk": lambda t, b, d: (torch.randn(t, b, d) / t**0.5).cumsum(0),
}


def last(output: Tensor, lengths: Tensor) -> Tensor:
    """B x P, the output at each sequence's last step."""
    return output[lengths - 1, torch.arange(output.shape[1])]


def _attention(output: Tensor, _: Tensor) -> Tensor:
    return (output.mean(-1, keepdim=True).softmax(0) * output).sum(0)


READOUTS = {
    "last": last,
    "mean": lambda output, _: output.mean(0),
    "max": lambda output, _: output.amax(0),
    "attention": _attention,
    "every": lambda output, _: output,
}

LOSSES = {
    "cross-entropy": lambda y: F.cross_entropy(y.flatten(0, -2), torch.randint(0, CLASSES, y.shape[:-1]).flatten()),
    "smoothed": lambda y: F.cross_entropy(
        y.flatten(0, -2), torch.randint(0, CLASSES, y.shape[:-1]).flatten(), label_smoothing=0.1
    ),
    "summed": lambda y: F.cross_entropy(
        y.flatten(0, -2), torch.randint(0, CLASSES, y.shape[:-1]).flatten(), reduction="sum"
    ),
    "mse": lambda y: F.mse_loss(y, torch.randn_like(y)),
    "huber": lambda y: F.huber_loss(y, torch.randn_like(y)),
    "labels": lambda y: F.binary_cross_entropy_with_logits(y, torch.randint(0, 2, y.shape).float()),
    "gauss": lambda y: F.gaussian_nll_loss(y[..., :5], torch.randn_like(y[..., :5]), F.softplus(y[..., 5:]) + 1e-3),
    "quantile": lambda y: torch.maximum(0.9 * y, -0.1 * y).mean(),
}

HEADS = {
    "linear": lambda width: nn.Linear(width, CLASSES),
    "mlp": lambda width: nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, CLASSES)),
    "norm": lambda width: nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CLASSES)),
    "gelu": lambda width: nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, CLASSES)),
}


class Network(nn.Module):
    """A recurrent module with a read-out and a head."""

    def __init__(self, module: nn.RNNBase, readout: str, head: str):
        super().__init__()
        self.recurrent, self.readout = module, READOUTS[readout]
        width = (module.proj_size or module.hidden_size) * (2 if module.bidirectional else 1)
        self.head = HEADS[head](width)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """T x B x D and B lengths to logits."""
        if bool((lengths == len(x)).all()):
            return self.head(self.readout(self.recurrent(x)[0], lengths))
        packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
        return self.head(self.readout(pad_packed_sequence(self.recurrent(packed)[0])[0], lengths))


def _draw(seed: int) -> Healthy:
    r = random.Random(seed)
    start = r.choice(list(STARTS))
    cell, options, initialise, lengths = STARTS[start]
    steps, batch = r.choice(lengths), r.choice((1, 2, 8, 16, 32, 64))
    inputs, hidden = r.choice((2, 3, 8, 28, 64, 96)), r.choice((4, 8, 16, 20, 32, 64, 100, 128))
    layers, both = r.choice((1, 1, 1, 2, 3)), r.random() < 0.2
    project = cell is nn.LSTM and start == "lstm" and r.random() < 0.2
    given, readout = r.choice(list(INPUTS)), r.choice(("last", "last", "last", "mean", "max", "attention", "every"))
    loss, head = r.choice(list(LOSSES)), r.choice(list(HEADS))
    ragged, double = r.random() < 0.15 and batch > 1, r.random() < 0.15
    name = f"{seed} {start} T={steps} B={batch} D={inputs} H={hidden} layers={layers}"
    name += f"{' both' * both}{' projected' * project}{' ragged' * ragged}{' float64' * double}"
    name += f" {given} {readout} {head} {loss}"
    if both or project:
        options = {**options, **({"bidirectional": True} if both else {})}
        options |= {"proj_size": hidden // 2} if project else {}

    def recording() -> Recording:
        torch.manual_seed(seed)
        network = Network(initialise(cell(inputs, hidden, layers, **options), steps), readout, head)
        x, count = INPUTS[given](steps, batch, inputs), torch.full((batch,), steps)
        if ragged:
            count = torch.randint(max(steps // 2, 1), steps + 1, (batch,))
            count[0] = steps
        if double:
            network, x = network.double(), x.double()
        return record_step(network, lambda: LOSSES[loss](network(x, count).float()))

    return Healthy(name, recording)


def _learned(seed: int) -> Healthy:
    """A network that tells, at the last step, which of two symbols came first; trained until it knows."""
    start = ("lstm", "gru", "lstm forget 1", "gru keras")[seed % 4]
    cell, options, initialise, _ = STARTS[start]
    steps, hidden = (12, 8)[seed // 4 % 2], (24, 48)[seed // 2 % 2]

    def recording() -> Recording:
        torch.manual_seed(1000 + seed)
        network = Network(initialise(cell(4, hidden, **options), steps), "last", "linear")
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        count = torch.full((64,), steps)
        for _ in range(3000):
            x = F.one_hot(torch.randint(0, 4, (steps, 64)), 4).float()
            loss = F.cross_entropy(network(x, count), x[0].argmax(-1))
            optimizer.zero_grad(), loss.backward(), optimizer.step()
            if loss < 0.05:
                break
        x = F.one_hot(torch.randint(0, 4, (steps, 64)), 4).float()
        assert (network(x, count).argmax(-1) == x[0].argmax(-1)).double().mean() > 0.95, "it has not learned"
        return record_step(network, lambda: F.cross_entropy(network(x, count), x[0].argmax(-1)))

    return Healthy(f"trained {seed} {start} T={steps} H={hidden}", recording)


def _default(cell: type[nn.RNNBase], inputs: int, hidden: int, seed: int) -> Healthy:
    """PyTorch's start on 32 steps, cross-entropy of a linear head on the last step."""

    def recording() -> Recording:
        torch.manual_seed(seed)
        network = Network(cell(inputs, hidden), "last", "linear")
        x, count, labels = torch.randn(32, 16, inputs), torch.full((16,), 32), torch.randint(0, CLASSES, (16,))
        return record_step(network, lambda: F.cross_entropy(network(x, count), labels))

    return Healthy(f"default {cell.__name__} D={inputs} H={hidden} seed {seed}", recording)


def default_networks() -> Iterator[Healthy]:
    """Eighty of PyTorch's LSTMs and GRUs as they come."""
    draws = itertools.product((nn.LSTM, nn.GRU), (3, 96), (4, 16, 64, 128), range(5))
    return (_default(*draw) for draw in draws)


def healthy_networks() -> Iterator[Healthy]:
    """The drawn and the trained ones."""
    yield from (_draw(seed) for seed in range(COUNT))
    yield from (_learned(seed) for seed in range(TRAINED))
