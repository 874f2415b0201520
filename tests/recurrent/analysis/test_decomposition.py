"""The double sum over (t, k) against autograd, its bands against detaching, its terms one by one."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from pipeline.recurrent.analysis.decomposition import Decomposition, decompose
from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.initialization import forget_bias_
from pipeline.recurrent.passes.recording import record, record_step


@pytest.mark.parametrize("packed", [False, True])
def test_all_terms_sum_to_autograds_gradient(make, draw, cell, stack, mixed_loss, packed):
    module, x = make(cell, **stack), draw(7, 3, 4)
    x = pack_padded_sequence(x, [3, 7, 5], enforce_sorted=False) if packed else x
    decomposition = decompose(record(module, x, mixed_loss))
    check = decomposition.check()
    assert set(check.relative_errors) == set(dict(module.named_parameters()))
    assert check.tolerance == 1e-10
    assert check.ok, check


def test_float32(make, draw, cell, mixed_loss):
    module = make(cell, num_layers=2, bidirectional=True, dtype=torch.float32)
    check = decompose(record(module, draw(20, 4, 4, dtype=torch.float32), mixed_loss)).check()
    assert check.tolerance == 1e-5
    assert check.ok, check


def test_without_biases_and_with_batch_first(make, draw, cell, mixed_loss):
    module = make(cell, bias=False, batch_first=True, num_layers=2)
    assert decompose(record(module, draw(3, 6, 4), mixed_loss)).check().ok


def test_a_term_left_out_fails_the_check(make, draw):
    decomposition = decompose(record(make("lstm"), draw(6, 2, 4), lambda out, _: out.square().sum()))
    decomposition.of("weight_hh_l0").gates[3, 2] = 0
    assert not decomposition.check().ok


def test_each_term_is_the_loss_of_one_step_with_the_weight_of_one_step(make, draw):
    module, x = make("rnn_tanh"), draw(5, 2, 4)
    decomposition = decompose(record(module, x, lambda out, _: out.square().sum()))
    copies = [module.weight_hh_l0.detach().clone().requires_grad_() for _ in range(5)]
    h, losses = torch.zeros(2, 5).double(), []
    for step, weight in enumerate(copies):
        h = torch.tanh(x[step] @ module.weight_ih_l0.T + module.bias_ih_l0 + h @ weight.T + module.bias_hh_l0)
        losses.append(h.square().sum())
    norms = decomposition.matrix("weight_hh_l0")
    for t, loss in enumerate(losses):
        gradients = torch.autograd.grad(loss, copies[: t + 1], retain_graph=True)
        for k, expected in enumerate(gradients):
            torch.testing.assert_close(decomposition.term("weight_hh_l0", t, k), expected, atol=1e-13, rtol=1e-10)
            assert norms[t, k].item() == pytest.approx(expected.norm().item(), rel=1e-10, abs=1e-13)


def detached_gradient(module, x, window):
    """sum_t of autograd's gradient of L_t with the state detached `window` steps before t."""
    total = {name: torch.zeros_like(p) for name, p in module.named_parameters()}
    zero = torch.zeros(1, x.shape[1], 5).double()
    lstm = isinstance(module, nn.LSTM)
    for t in range(len(x)):
        start = max(t - window + 1, 0)
        state = (zero, zero) if lstm else zero
        if start:
            state = module(x[:start], state)[1]
            state = tuple(s.detach() for s in state) if lstm else state.detach()
        loss = module(x[start : t + 1], state)[0][-1].square().sum()
        for (name, _), gradient in zip(
            module.named_parameters(), torch.autograd.grad(loss, list(module.parameters())), strict=True
        ):
            total[name] += gradient
    return total


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm", "gru"])
@pytest.mark.parametrize("window", [1, 3, 8])
def test_truncated_bptt_is_a_band(make, draw, cell, window):
    module, x = make(cell), draw(8, 2, 4)
    decomposition = decompose(record(module, x, lambda out, _: out.square().sum()))
    for name, expected in detached_gradient(module, x, window).items():
        found = decomposition.tbptt(name, window)
        assert ((found - expected).norm() / expected.norm()).item() <= 1e-10
        if window < 8:
            assert ((decomposition.total(name) - expected).norm() / expected.norm()).item() > 1e-6


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("length", [1, 3, 4, 12])
def test_detaching_every_few_steps_keeps_blocks(make, draw, layers, length):
    """`h.detach()` every w steps keeps squares on the diagonal, not a band."""
    module, x = make("rnn_tanh", num_layers=layers), draw(12, 2, 4)
    h, loss = torch.zeros(layers, 2, 5).double(), 0.0
    for start in range(0, 12, length):
        output, h = module(x[start : start + length], h.detach())
        loss = loss + output.square().sum()
    names = [name for name, _ in module.named_parameters()]
    decomposition = decompose(record(module, x, lambda out, _: out.square().sum()))
    for name, expected in zip(names, torch.autograd.grad(loss, list(module.parameters())), strict=True):
        found, band = decomposition.tbptt_blocks(name, length), decomposition.tbptt(name, length)
        assert ((found - expected).norm() / expected.norm()).item() <= 1e-10
        if 1 < length < 12:
            assert ((band - expected).norm() / expected.norm()).item() > 1e-3


def test_where_terms_lie(make, draw):
    module = make("gru", num_layers=2, bidirectional=True)
    both = decompose(record(module, draw(6, 2, 4), lambda out, _: out.square().sum()))
    forward, reverse, below = (both.matrix(f"weight_hh_{s}") for s in ("l1", "l1_reverse", "l0"))
    assert forward.triu(1).abs().max() == 0
    assert reverse.tril(-1).abs().max() == 0
    assert below.triu(1).max() > 0
    assert below.tril(-1).max() > 0


def test_shares_lag_curve_and_cancellation(make, draw):
    decomposition = decompose(record(make("lstm"), draw(10, 3, 4), lambda out, _: out.square().sum()))
    norms, shares = decomposition.matrix("weight_hh_l0"), decomposition.shares("weight_hh_l0")
    curve = decomposition.by_lag("weight_hh_l0")
    assert shares.sum().item() == pytest.approx(1, abs=1e-12)
    assert curve.lags.tolist() == list(range(10))
    assert curve.norms.sum().item() == pytest.approx(norms.sum().item())
    assert curve.norms[2].item() == pytest.approx(sum(norms[t, t - 2].item() for t in range(2, 10)))
    total = decomposition.total("weight_hh_l0")
    term = decomposition.term("weight_hh_l0", 5, 3)
    assert shares[5, 3].item() == pytest.approx(((term * total).sum() / total.square().sum()).item())
    assert decomposition.cancellation_index("weight_hh_l0") == pytest.approx((norms.sum() / total.norm()).item())


def test_horizon_of_a_net_with_one_long_term():
    module = nn.RNN(1, 1, nonlinearity="relu", bias=False).double()
    with torch.no_grad():
        module.weight_hh_l0.fill_(1.0)
        module.weight_ih_l0.fill_(1.0)
    x = torch.zeros(6, 1, 1).double()
    x[0] = 1.0  # the state is 1 throughout: every term of the last loss is 1 but the first step's, whose h is 0
    decomposition = decompose(record(module, x, lambda out, _: out[-1].sum()))
    assert decomposition.matrix("weight_hh_l0")[-1].tolist() == [0, 1, 1, 1, 1, 1]
    assert decomposition.memory_horizon("weight_hh_l0", 1.0) == 4
    assert decomposition.memory_horizon("weight_hh_l0", 0.4) == 1
    assert decomposition.cancellation_index("weight_hh_l0") == pytest.approx(1)


def test_a_loss_on_the_last_step_keeps_one_row(make, draw):
    decomposition = decompose(record(make("gru"), draw(50, 2, 4), lambda out, _: out[-1].sum()))
    assert decomposition.of("weight_hh_l0").gates.shape[0] == 1
    assert decomposition.matrix("bias_ih_l0")[:-1].max() == 0


def test_too_much_memory_is_refused_with_the_way_out(make, draw):
    recording = record(make("lstm"), draw(64, 2, 4), lambda out, _: out.square().sum())
    with pytest.raises(RecurrentError, match=r"T = 64, B = 2, 64 losses need 0\.0 GiB.*log_norms"):
        decompose(recording, max_bytes=1000)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: d.matrix("weight_xx"), "no parameter 'weight_xx'; choose one of weight_ih_l0"),
        (lambda d: d.tbptt("weight_hh_l0", 0), "at least 1 step"),
        (lambda d: d.tbptt_blocks("weight_hh_l0", 0), "at least 1 step"),
        (lambda d: d.memory_horizon("weight_hh_l0", 2.0), r"in \(0, 1\], not 2.0"),
        (lambda d: d.term("weight_hh_l0", 9, 0), r"step 9 is not in 0\.\.3"),
    ],
)
def test_wrong_questions_are_refused(make, draw, ask, words):
    decomposition: Decomposition = decompose(record(make("gru"), draw(4, 1, 4), lambda out, _: out.sum()))
    with pytest.raises(RecurrentError, match=words):
        ask(decomposition)


IN_PLACE = {
    "relu": lambda out, _: nn.ReLU(inplace=True)(out).square().sum(),
    "scaled": lambda out, _: out.mul_(3).square().sum(),
    "state": lambda out, state: (state[0] if isinstance(state, tuple) else state).relu_().square().sum(),
}


@pytest.mark.parametrize("loss", IN_PLACE.values(), ids=IN_PLACE)
def test_a_loss_that_works_in_place(make, draw, cell, loss):
    assert decompose(record(make(cell), draw(6, 2, 4), loss)).check().ok


def test_a_loss_that_works_in_place_on_onednns_lstm(make, draw):
    """Which itself refuses it."""
    module, x = make("lstm", dtype=torch.float32), draw(6, 2, 4, dtype=torch.float32)
    in_place, plain = (decompose(record(module, x, loss)) for loss in (
        lambda out, _: out.relu_().square().sum(), lambda out, _: out.relu().square().sum()))  # fmt: skip
    for name in plain.parameters:
        torch.testing.assert_close(in_place.total(name), plain.total(name))


def test_dropout_beside_and_inside_the_module_draws_the_same_masks_again(make, draw):
    model = nn.ModuleDict({"net": make("lstm", num_layers=2, dropout=0.5), "drop": nn.Dropout(0.5)})

    def step():
        return model["drop"](model["net"](draw(9, 3, 4))[0]).square().sum()

    recorded = record_step(model, step), record(model["net"], draw(9, 3, 4), lambda out, _: model["drop"](out).sum())
    for recording in recorded:
        before = torch.get_rng_state()
        assert decompose(recording).check().ok
        assert torch.equal(torch.get_rng_state(), before)
    assert model["net"].dropout == 0.5


@pytest.mark.parametrize(
    ("dtype", "steps", "tolerance"),
    [(torch.bfloat16, 20, 1e-1), (torch.float16, 20, 1e-2), (torch.float32, 100, 1e-5), (torch.float32, 600, 6e-5)],
)
def test_the_tolerance_is_the_dtypes_and_grows_with_the_steps(make, draw, dtype, steps, tolerance):
    module = forget_bias_(make("lstm", dtype=dtype), 6.0) or make("lstm", dtype=dtype)
    check = decompose(record(module, draw(steps, 1, 4, dtype=dtype), lambda out, _: out.square().mean())).check()
    assert check.tolerance == pytest.approx(tolerance)
    assert check.ok, check


def test_a_parameter_without_a_gradient_is_named(make, draw):
    frozen, normed = make("gru"), torch.nn.utils.parametrizations.weight_norm(make("gru"), "weight_hh_l0")
    frozen.bias_hh_l0.requires_grad_(False)
    for module, name in ((frozen, "bias_hh_l0"), (normed, "weight_hh_l0")):
        decomposition = decompose(record(module, draw(5, 1, 4), lambda out, _: out.sum()))
        with pytest.raises(RecurrentError, match=f"no gradient of {name}: let"):
            decomposition.check()
