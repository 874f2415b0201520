"""Adjoints by the closed form against those of the kernels' own backward passes."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils._python_dispatch import TorchDispatchMode

from pipeline.recurrent.passes import recording
from pipeline.recurrent.passes.backward import step_adjoints
from pipeline.recurrent.passes.recording import record


def relative(found, reference):
    return ((found - reference).norm() / reference.norm()).item()


@pytest.fixture
def closed_form(monkeypatch):
    """Every LSTM goes through the closed form, whatever its dtype."""
    monkeypatch.setattr(recording, "_is_onednn", lambda weights, *_: weights.kind == "lstm")


def test_the_closed_form_is_the_kernels_backward_pass(make, draw, cell, mixed_loss):
    adjoints = record(make(cell), draw(9, 3, 4), mixed_loss).direction()
    linearization, hidden = adjoints.trajectory.linearization, adjoints.hidden_immediate
    gates, _ = step_adjoints(linearization, hidden, adjoints.cell_immediate)
    assert relative(gates, adjoints.gates) <= 1e-13
    only_last = torch.cat([torch.zeros_like(hidden[:-1]), hidden[-1:]])
    assert relative(step_adjoints(linearization, only_last, adjoints.cell_immediate)[0], adjoints.gates) > 1e-3


def test_the_last_cell_state_counts(make, draw, mixed_loss):
    adjoints = record(make("lstm"), draw(9, 3, 4), mixed_loss).direction()
    gates, _ = step_adjoints(adjoints.trajectory.linearization, adjoints.hidden_immediate)
    assert relative(gates, adjoints.gates) > 1e-3


def test_it_ends_at_the_initial_state(make, draw, mixed_loss):
    module, x = make("lstm"), draw(6, 2, 4)
    start = [draw(1, 2, 5, seed=seed).requires_grad_() for seed in (1, 2)]
    adjoints = record(module, x, mixed_loss, tuple(s.detach() for s in start)).direction()
    _, first = step_adjoints(adjoints.trajectory.linearization, adjoints.hidden_immediate, adjoints.cell_immediate)
    expected = torch.autograd.grad(mixed_loss(*module(x, tuple(start))), start)
    torch.testing.assert_close(first, torch.cat([part[0] for part in expected], dim=-1), rtol=1e-12, atol=1e-13)


def test_a_stack_of_closed_forms_has_autograds_gradients(make, draw, stack, mixed_loss, closed_form):
    module, x = make("lstm", **stack), draw(7, 3, 4)
    found = record(module, x, mixed_loss).gradients()
    mixed_loss(*module(x)).backward()
    assert max(relative(found[n], p.grad) for n, p in module.named_parameters()) <= 1e-13


def test_the_immediate_partials_are_those_of_the_probe(make, draw, mixed_loss, monkeypatch):
    module, x = make("lstm", num_layers=2, bidirectional=True), draw(7, 3, 4)
    probed = record(module, x, mixed_loss)
    monkeypatch.setattr(recording, "_is_onednn", lambda *_: True)
    again = record(module, x, mixed_loss)
    for where in ((0, False), (0, True), (1, False), (1, True)):
        expected, found = probed.direction(*where), again.direction(*where)
        for name in ("gates", "hidden_immediate", "cell_immediate", "hidden_total", "cell_total"):
            assert relative(getattr(found, name), getattr(expected, name)) <= 1e-13, name


def test_the_way_back_to_input_and_initial_state_stays_open(make, draw, mixed_loss, closed_form):
    module = make("lstm")
    leaves = [draw(7, 3, 4).requires_grad_(), *(draw(1, 3, 5, seed=seed).requires_grad_() for seed in (1, 2))]
    loss = lambda call: mixed_loss(*call(leaves[0], tuple(leaves[1:])))  # noqa: E731
    found = torch.autograd.grad(loss(recording.ProbedCall(module)), leaves)
    for gradient, expected in zip(found, torch.autograd.grad(loss(module), leaves), strict=True):
        torch.testing.assert_close(gradient, expected, rtol=1e-12, atol=1e-13)


class Operators(TorchDispatchMode):
    """The names of the operators that ran."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.name())
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("cell", ["lstm", "lstm_projected", "gru", "rnn_tanh"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("enabled", [False, True])
def test_the_closed_form_replaces_onednns_lstm_only(make, draw, cell, dtype, packed, enabled, monkeypatch):
    module, x = make(cell, dtype=dtype), draw(7, 3, 4, dtype=dtype)
    x = pack_padded_sequence(x, [7, 5, 3]) if packed else x
    apply, seen = recording.KernelWithAdjoints.apply, []
    monkeypatch.setattr(recording.KernelWithAdjoints, "apply", lambda *args: (seen.append(args), apply(*args))[1])
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", enabled and torch.backends.mkldnn.enabled)
    with torch.no_grad(), recording.quiet_kernels(), Operators() as operators:
        module(x)
    record(module, x, lambda output, state: output[0].sum())
    assert bool(seen) == ("aten::mkldnn_rnn_layer" in operators.names)


@pytest.mark.parametrize("layers", [1, 2])
def test_in_float32_both_ways_are_as_near_to_autograd(make, draw, layers, monkeypatch):
    module, x = make("lstm", num_layers=layers, dtype=torch.float32), draw(40, 4, 4, dtype=torch.float32)
    loss = lambda output, state: output.square().sum() + state[1].sum()  # noqa: E731
    exact = nn.LSTM(4, 5, layers).double()
    exact.load_state_dict(module.state_dict())
    loss(*exact(x.double())).backward()
    for is_onednn in (True, False):
        monkeypatch.setattr(recording, "_is_onednn", lambda *_, answer=is_onednn: answer)
        found = record(module, x, loss).gradients()
        assert max(relative(found[n].double(), p.grad) for n, p in exact.named_parameters()) <= 1e-6
