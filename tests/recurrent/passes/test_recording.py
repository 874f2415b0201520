"""Per-step adjoints of fused modules against an unrolled network, and against autograd."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence

from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.recording import record, record_step


def relative(found, reference):
    return ((found - reference).norm() / reference.norm()).item()


@pytest.mark.parametrize("packed", [False, True])
def test_gradients_from_adjoints_are_autograds(make, draw, cell, stack, mixed_loss, packed):
    module, x = make(cell, **stack), draw(7, 3, 4)
    x = pack_padded_sequence(x, [3, 7, 5], enforce_sorted=False) if packed else x
    recording = record(module, x, mixed_loss)
    mixed_loss(*module(x)).backward()
    gradients = recording.gradients()
    assert set(gradients) == set(dict(module.named_parameters()))
    assert max(relative(gradients[n], p.grad) for n, p in module.named_parameters()) <= 1e-13


def unrolled(cell_kind, module, x, steps_loss):
    """Total and gate adjoints of a network unrolled with PyTorch's cell, by retain_grad at every step."""
    cell = cell_kind(4, 5).double()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in module.state_dict().items()})
    h, c, hidden, cells = torch.zeros(2, 5).double(), torch.zeros(2, 5).double(), [], []
    for step in x:
        if cell_kind is nn.LSTMCell:
            h, c = cell(step, (h, c))
            c.retain_grad()
            cells.append(c)
        else:
            h = cell(step, h)
        h.retain_grad()
        hidden.append(h)
    steps_loss(torch.stack(hidden)).backward()
    gradients = lambda steps: torch.stack([s.grad for s in steps]) if steps else None  # noqa: E731
    return gradients(hidden), gradients(cells)


@pytest.mark.parametrize(("name", "kind"), [("rnn_tanh", nn.RNNCell), ("lstm", nn.LSTMCell), ("gru", nn.GRUCell)])
def test_total_adjoints_are_those_of_the_unrolled_network(make, draw, name, kind):
    module, x = make(name), draw(8, 2, 4)
    weights = torch.linspace(-1, 1, 8, dtype=torch.float64)[:, None, None]
    loss = lambda hidden: (hidden.square() * weights).sum()  # noqa: E731
    adjoints = record(module, x, lambda out, _: loss(out)).direction()
    hidden, cells = unrolled(kind, module, x, loss)
    torch.testing.assert_close(adjoints.hidden_total, hidden)
    if cells is not None:
        torch.testing.assert_close(adjoints.cell_total, cells)


def test_the_immediate_partial_is_what_retain_grad_gives_and_not_the_total(make, draw):
    module, x = make("lstm"), draw(8, 2, 4)
    output, _ = module(x)
    output.retain_grad()
    output[-1].square().sum().backward()
    adjoints = record(module, x, lambda out, _: out[-1].square().sum()).direction()
    torch.testing.assert_close(adjoints.hidden_immediate, output.grad)
    assert adjoints.hidden_immediate[:-1].abs().max() == 0
    assert adjoints.hidden_total[0].norm() > 1e-4


def test_probes_do_not_change_the_output(make, draw, cell, stack):
    module, x = make(cell, **stack), draw(6, 2, 4)
    seen = []
    record(module, x, lambda out, _: (seen.append(out.detach()), out.sum())[1])
    torch.testing.assert_close(seen[0], module(x)[0].detach(), rtol=0, atol=1e-13)


class Reader(nn.Module):
    def __init__(self, calls=1):
        super().__init__()
        self.embed, self.calls = nn.Linear(3, 4), calls
        self.rnn, self.head = nn.GRU(4, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x):
        for _ in range(self.calls):
            out, _ = self.rnn(input=self.embed(x))
        return self.head(out[:, -1])


def test_inside_a_model(draw):
    torch.manual_seed(0)
    model, x, y = Reader().double(), draw(3, 6, 3), torch.tensor([0, 1, 1])
    recording = record_step(model, lambda: cross_entropy(model(x), y))
    loss = cross_entropy(model(x), y)
    loss.backward()
    assert recording.loss == pytest.approx(loss.item(), abs=1e-14)
    for name, gradient in recording.gradients().items():
        assert relative(gradient, getattr(model.rnn, name).grad) <= 1e-13


def test_float32_and_a_module_in_eval_mode(make, draw):
    module = make("lstm", num_layers=2, dropout=0.5, dtype=torch.float32).eval()
    x = draw(20, 4, 4, dtype=torch.float32)
    recording = record(module, x, lambda out, _: out.square().sum())
    module(x)[0].square().sum().backward()
    assert max(relative(recording.gradients()[n], p.grad) for n, p in module.named_parameters()) <= 1e-5


def test_recording_leaves_dropout_and_gradients_as_they_were(make, draw):
    module = make("gru", num_layers=2, dropout=0.5)
    record(module, draw(5, 2, 4), lambda out, _: out.sum()).run_again()
    assert module.dropout == 0.5
    assert all(p.grad is None for p in module.parameters())


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda out, _: out, r"one number, not shape \(5, 2, 5\)"),
        (lambda out, _: 3.0, "not float"),
        (lambda out, _: out.detach().sum(), "does not depend"),
    ],
)
def test_a_loss_that_cannot_be_used_is_refused(make, draw, loss, words):
    with pytest.raises(RecurrentError, match=words):
        record(make("gru"), draw(5, 2, 4), loss)


def penalised(call, x, target=None, create_graph=True):
    """A loss that holds the gradient of an inner loss with respect to the input, or to what `target` chooses."""
    out, state = call(x)
    wanted = x if target is None else target(out, state)
    gradient = torch.autograd.grad(out.pow(3).sum(), wanted, retain_graph=True, create_graph=create_graph)[0]
    return out.square().mean() * (1 + gradient.square().sum())


CELLS = ("rnn_tanh", "rnn_relu", "lstm", "lstm_projected", "gru")
WAYS = [(name, torch.float64) for name in CELLS] + [("lstm", torch.float32)]  # the last one is oneDNN's, in closed form


@pytest.mark.parametrize(("name", "dtype"), WAYS)
@pytest.mark.parametrize("parameter", [None, "weight_ih_l0", "weight_hh_l1"])
def test_a_gradient_penalty_through_the_module_is_refused(make, draw, name, dtype, parameter):
    module, x = make(name, num_layers=2, dtype=dtype), draw(5, 2, 4, dtype=dtype).requires_grad_()
    target = parameter and (lambda *_: getattr(module, parameter))
    with pytest.raises(RecurrentError, match="record the loss without that term"):
        record_step(module, lambda: penalised(module, x, target))


@pytest.mark.parametrize(("name", "dtype"), WAYS)
def test_a_gradient_penalty_that_ends_at_the_output_is_recorded(make, draw, name, dtype):
    module, x = make(name, dtype=dtype), draw(5, 2, 4, dtype=dtype)
    loss = lambda: penalised(module, x, lambda out, _: out)  # noqa: E731
    found = record_step(module, loss).gradients()
    loss().backward()
    assert max(relative(found[n], p.grad) for n, p in module.named_parameters()) <= 1e4 * torch.finfo(dtype).eps


@pytest.mark.parametrize(("name", "dtype"), WAYS)
def test_a_gradient_that_the_loss_takes_as_a_number_is_no_penalty(make, draw, name, dtype):
    module, x = make(name, dtype=dtype), draw(5, 2, 4, dtype=dtype).requires_grad_()
    loss = lambda: penalised(module, x, create_graph=False)  # noqa: E731
    found = record_step(module, loss).gradients()
    loss().backward()
    assert max(relative(found[n], p.grad) for n, p in module.named_parameters()) <= 1e4 * torch.finfo(dtype).eps


@pytest.mark.parametrize("name", ["rnn_tanh", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_pass_under_autocast_is_refused(make, draw, name, layers):
    module, x = make(name, num_layers=layers, dtype=torch.float32), draw(5, 2, 4, dtype=torch.float32)
    step = lambda: module(x)[0].float().square().sum()  # noqa: E731
    with torch.autocast("cpu", torch.bfloat16):
        for run in (lambda: record(module, x, lambda out, _: out.sum()), lambda: record_step(module, step)):
            with pytest.raises(
                RecurrentError, match=r"autocast to torch.bfloat16 is on.*'cpu', enabled=False"
            ) as caught:
                run()
            assert "\n" not in str(caught.value)
        with torch.autocast("cpu", enabled=False):
            found = record_step(module, step).gradients()
    step().backward()
    assert max(relative(found[n], p.grad) for n, p in module.named_parameters()) <= 1e-5


@pytest.mark.parametrize("calls", [0, 2])
def test_a_model_that_does_not_call_its_module_once_is_refused(calls):
    model = Reader(calls)
    step = lambda: model(torch.zeros(1, 4, 3)).sum() if calls else model.head.weight.sum()  # noqa: E731
    with pytest.raises(RecurrentError, match=f"called {calls} times"):
        record_step(model, step)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("cudnn RNN backward can only be called in training mode", r"call model.train\(\)"),
        ("the derivative for '_cudnn_rnn_backward' is not implemented", "no double backward"),
    ],
)
def test_what_cudnn_says_becomes_what_to_do(make, draw, message, advice):
    def loss(out, _):
        raise RuntimeError(message)

    with pytest.raises(RecurrentError, match=advice):
        record(make("gru"), draw(5, 2, 4), loss)


def test_another_error_of_the_loss_stays_itself(make, draw):
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        record(make("gru"), draw(5, 2, 4), lambda out, _: out.sum() * (1 / 0))
