"""Each rule speaks on a network built to have its fault, and is silent on healthy ones."""

import pytest
import torch
from torch import nn

from pipeline.recurrent.diagnosis.diagnosis import diagnose
from pipeline.recurrent.diagnosis.findings import CODES, Thresholds
from pipeline.recurrent.passes.initialization import chrono_, forget_bias_, orthogonal_, spectral_radius_
from pipeline.recurrent.passes.recording import record


def diagnosis_of(module, steps=32, readout="mean", scale=1.0, batch=4, factor=1.0, **options):
    generator = torch.Generator().manual_seed(0)
    x = scale * torch.randn(steps, batch, module.input_size, generator=generator).to(module.weight_hh_l0)
    read = (lambda out: out.mean(0)) if readout == "mean" else (lambda out: out[-1])
    return diagnose(record(module, x, lambda out, _: factor * read(out).square().mean()), **options)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


HEALTHY = {
    "rnn": lambda: nn.RNN(16, 64),
    "orthogonal rnn": lambda: orthogonal_(nn.RNN(16, 64)),
    "relu": lambda: nn.RNN(16, 64, nonlinearity="relu"),
    "lstm": lambda: nn.LSTM(16, 64),
    "lstm both ways": lambda: nn.LSTM(16, 64, num_layers=2, bidirectional=True),
    "projected": lambda: nn.LSTM(16, 64, proj_size=32),
    "gru": lambda: nn.GRU(16, 64),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_networks_stay_silent(name):
    found = diagnosis_of(HEALTHY[name]())
    assert found.findings == []
    assert "Nothing suspicious (see the thresholds)." in found.text()


@pytest.mark.parametrize("module", [lambda: chrono_(nn.LSTM(16, 64), 500), lambda: chrono_(nn.GRU(16, 64), 500)])
def test_chrono_on_a_long_sequence_is_no_fault(module):
    codes = diagnosis_of(module(), steps=500, readout="last").codes
    assert codes <= {"half_precision_underflow"}


def sheared():
    module = nn.RNN(16, 64)
    with torch.no_grad():
        module.weight_hh_l0.copy_(0.5 * torch.eye(64) + 8.0 * torch.diag(torch.ones(63), 1))
        module.weight_ih_l0.mul_(0.01)
    return module


def dead():
    module = nn.RNN(16, 64, nonlinearity="relu")
    nn.init.constant_(module.bias_ih_l0, -9.0)
    return module


def rewritten():
    module = nn.LSTM(16, 64)
    with torch.no_grad():
        module.weight_hh_l0.mul_(12.0)
    return forget_bias_(module, -3.0)


def gate_bias(module, gate, value):
    for bias in (module.bias_ih_l0, module.bias_hh_l0):
        nn.init.constant_(bias.data.chunk(3 if isinstance(module, nn.GRU) else 4)[gate], value / 2)
    return module


def with_nan():
    module = nn.GRU(16, 64)
    module.weight_hh_l0.data[3, 3] = float("nan")
    return module


FAULTS = {
    "vanishing": (lambda: nn.LSTM(16, 64), {"steps": 400, "readout": "last"}),
    "exploding": (lambda: spectral_radius_(nn.RNN(16, 64, nonlinearity="relu"), 2.5), {}),
    "saturation": (lambda: nn.LSTM(16, 64), {"scale": 200.0}),
    "forget_path": (lambda: forget_bias_(nn.LSTM(16, 64), -2.0), {}),
    "indirect_over_direct": (rewritten, {}),
    "non_normality": (sheared, {}),
    "half_precision_underflow": (lambda: nn.RNN(16, 64), {"factor": 1e-7}),
    "no_gradient": (lambda: nn.LSTM(16, 64), {"factor": 0.0}),
    "no_writing": (lambda: gate_bias(nn.GRU(16, 64), 1, 12.0), {"readout": "last"}),
    "non_finite": (with_nan, {}),
}


@pytest.mark.parametrize("code", FAULTS)
def test_each_fault_is_found_with_its_figure_and_advice(code):
    make_module, options = FAULTS[code]
    found = {finding.code: finding for finding in diagnosis_of(make_module(), **options).findings}
    assert code in found
    assert found[code].where == "l0"
    assert found[code].evidence
    assert found[code].advice
    if code not in ("non_finite", "exploding", "no_gradient"):
        assert any(c.isdigit() for c in found[code].evidence)


def test_dead_relu_units():
    finding = next(f for f in diagnosis_of(dead()).findings if f.code == "saturation")
    assert finding.severity == "critical"
    assert "100% of the units are 0" in finding.evidence


def test_cancellation_of_a_loss_whose_steps_undo_each_other():
    module = nn.RNN(4, 3)
    x = torch.randn(32, 1, 4, generator=torch.Generator().manual_seed(0))
    output = module(x)[0].sum((1, 2))
    by_step = torch.stack([torch.autograd.grad(o, module.weight_hh_l0, retain_graph=True)[0].flatten() for o in output])
    null = torch.linalg.svd(by_step.T)[2][-1]  # 9 equations for 32 weights: sum_t w_t dL_t/dW = 0
    undone = diagnose(record(module, x, lambda out, _: (out.sum((1, 2)) * null).sum()))
    assert "cancellation" in undone.codes
    assert "cancellation" not in diagnose(record(module, x, lambda out, _: out.sum())).codes


def test_every_code_has_a_test():
    assert set(FAULTS) | {"cancellation"} == set(CODES)


def test_the_advice_on_a_vanishing_lstm_helps():
    before = diagnosis_of(nn.LSTM(16, 64), steps=400, readout="last")
    after = diagnosis_of(forget_bias_(nn.LSTM(16, 64), 4.1), steps=400, readout="last")
    finding = next(f for f in before.findings if f.code == "vanishing")
    assert "chrono_(module, 400), or else forget_bias_(module, 4.1)" in finding.advice  # a long sequence: chrono first
    assert finding.severity == "critical"
    assert after.codes.isdisjoint({"vanishing", "forget_path"})
    assert after.evidence[0].horizon is None or after.evidence[0].horizon > 10 * before.evidence[0].horizon


def test_gravest_first_and_thresholds_decide():
    found = diagnosis_of(nn.LSTM(16, 64), steps=400, readout="last")
    severities = [finding.severity for finding in found.findings]
    assert severities == sorted(severities, key=["critical", "warning", "info"].index)
    mild = Thresholds(horizon_share=0.001, half_error=1.0, faint=0.0)
    assert diagnosis_of(nn.LSTM(16, 64), steps=400, readout="last", thresholds=mild).findings == []


def test_a_short_sequence_cannot_vanish():
    assert diagnosis_of(nn.RNN(16, 64), steps=1).findings == []
    assert diagnosis_of(nn.LSTM(16, 64), steps=2).findings == []


def test_a_forget_gate_that_underflowed_makes_sentences():
    found = diagnosis_of(forget_bias_(nn.LSTM(16, 64), -200.0))
    text = found.text()
    assert {"forget_path", "indirect_over_direct"} <= found.codes
    assert "nan" not in text
    assert " inf" not in text
    assert "indirect/direct without bound" in text
    assert "|indirect| / |direct| is without bound" in text
    assert "after at most 1 of 32 steps" in text


def test_one_shut_step_of_one_sequence_does_not_vanish(relu_with_one_gap):
    module, x = relu_with_one_gap
    assert "vanishing" not in diagnose(record(module, x, lambda out, _: out.sum())).codes


@pytest.mark.parametrize(("cell", "steps"), [(nn.RNN, 20), (nn.RNN, 32), (nn.LSTM, 32)])
def test_a_textbook_vanishing_gradient_is_an_info_with_its_steps(cell, steps):
    module, x = cell(16, 64), torch.randn(steps, 4, 16)
    found = diagnose(record(module, x, lambda out, _: out[-1].square().mean()))
    assert found.alarms == []
    assert "Nothing suspicious" in found.text()
    (finding,) = [f for f in found.findings if f.code == "vanishing"]
    assert finding.severity == "info"
    hidden = x.requires_grad_()
    (gradient,) = torch.autograd.grad(module(hidden)[0][-1].square().mean(), hidden)
    norms = gradient.flatten(1).norm(dim=1)
    faint = (norms < 1e-3 * norms.max()).sum().item()  # of the input's gradient, next to that of the gates
    last = int(finding.evidence.split(" of 0 to ")[0].split()[-1])
    assert finding.evidence.startswith("steps 0 to ")
    assert abs(last + 1 - faint) <= 1


def test_the_far_steps_of_a_reverse_direction_are_the_late_ones():
    module, x = nn.RNN(16, 64, bidirectional=True), torch.randn(30, 4, 16)
    found = diagnose(record(module, x, lambda out, _: out[0].square().mean()))
    (finding,) = [f for f in found.findings if f.code == "vanishing"]
    assert finding.where == "l0_reverse"
    assert " to 29 of 0 to 29 get" in finding.evidence


def test_a_loss_at_every_step_has_no_faint_steps():
    assert diagnosis_of(nn.RNN(16, 64), readout="mean").findings == []


def test_what_is_cut_off_is_told_from_gates_that_are_shut():
    cut = diagnosis_of(nn.GRU(16, 64), factor=0.0)
    assert "the loss sends a gradient of exactly 0" in cut.text()
    module = gate_bias(nn.GRU(16, 64), 1, 80.0)
    shut = diagnose(record(module, torch.randn(32, 4, 16), lambda out, _: out[-1].sum()))
    assert "although the loss reaches the layer's output" in shut.text()
    assert {"no_gradient", "no_writing"} <= shut.codes


def test_an_upper_layer_that_ignores_the_lower_one_cuts_it_off():
    module = nn.LSTM(16, 64, 2)
    nn.init.zeros_(module.weight_ih_l1)
    found = diagnosis_of(module)
    assert [(f.code, f.where) for f in found.alarms] == [("no_gradient", "l0")]
