"""All (t, k) log norms against single products, without underflow, in both directions."""

import math

import pytest
import torch

from pipeline.recurrent.analysis.norms import LogNorms, log_norms, mean_log_norm
from pipeline.recurrent.analysis.products import JacobianProduct
from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.recording import record
from pipeline.recurrent.passes.trajectory import trace


@pytest.mark.parametrize("reverse", [False, True])
def test_each_entry_is_a_single_product(make, draw, cell, reverse):
    module, x = make(cell, bidirectional=True), draw(7, 2, 4)
    recording = record(module, x, lambda out, _: out.square().sum())
    adjoints = recording.direction(reverse=reverse)
    direction, width = adjoints.trajectory, adjoints.trajectory.weights.output_size
    found = log_norms(direction, immediate=adjoints.hidden_immediate, sample=1)
    hidden = log_norms(direction, immediate=adjoints.hidden_immediate, sample=1, part="hidden")
    in_time = direction.in_time(adjoints.hidden_immediate)
    assert found.rows.tolist() == list(range(7))
    for t in range(7):
        for k in range(7):
            if (t < k) != reverse and t != k:
                assert found.values[t, k].isnan()
                continue
            start = torch.zeros(direction.weights.state_size).double()
            start[:width] = in_time[t, 1]
            row = JacobianProduct(direction, t, k, sample=1).vjp(start).plain()
            for entry, part in ((found, row), (hidden, row[:width])):
                assert entry.values[t, k].exp().item() == pytest.approx(part.norm().item(), rel=1e-10, abs=1e-15)


def test_an_lstms_curve_begins_without_a_cliff(make, draw):
    """A start in h alone would fall at once, because C holds the memory; in (h, C) the first lag is like the next."""
    curve = log_norms(trace(make("lstm", hidden=32), draw(30, 1, 4)).direction()).by_lag()
    first, second = (curve[1] - curve[0]).item(), (curve[3] - curve[1]).item() / 2
    assert first == pytest.approx(second, abs=0.35)


def test_float32_reaches_far_below_its_smallest_number(make, draw):
    module = make("rnn_tanh", dtype=torch.float32)
    with torch.no_grad():
        module.weight_hh_l0.copy_(0.8 * torch.eye(5))
        module.weight_ih_l0.zero_(), module.bias_ih_l0.zero_(), module.bias_hh_l0.zero_()
    found = log_norms(trace(module, draw(600, 1, 4, dtype=torch.float32)).direction(), rows=8)
    assert found.values[-1, 0].item() == pytest.approx(599 * math.log(0.8), rel=1e-5)
    assert found.horizon() == math.ceil(math.log(1e-3) / math.log(0.8))
    torch.testing.assert_close(found.by_lag(), torch.arange(600).double() * math.log(0.8), rtol=1e-4, atol=1e-5)


def test_rows_are_spaced_and_end_with_the_last(make, draw):
    direction = trace(make("gru"), draw(100, 1, 4)).direction()
    assert log_norms(direction, rows=4).rows.tolist() == [24, 49, 74, 99]
    every, few = log_norms(direction), log_norms(direction, rows=1)
    assert few.rows.tolist() == [99]
    assert every.values.shape == (100, 100)


def test_a_short_sequence_of_the_batch(make, draw):
    packed = torch.nn.utils.rnn.pack_padded_sequence(draw(9, 2, 4), [4, 9], enforce_sorted=False)
    found = log_norms(trace(make("lstm"), packed).direction(), sample=0)
    assert found.values.shape == (4, 9)
    assert found.values[:, 4:].isnan().all()


def test_no_horizon_without_loss_of_norm(make, draw):
    module = make("rnn_relu")
    with torch.no_grad():
        module.weight_hh_l0.copy_(torch.eye(5)), module.bias_ih_l0.fill_(50.0)
    assert log_norms(trace(module, draw(30, 1, 4)).direction()).horizon() is None


@pytest.mark.parametrize(("options", "words"), [({"rows": 0}, "at least 1"), ({"part": "cell"}, "not 'cell'")])
def test_refusals(make, draw, options, words):
    with pytest.raises(RecurrentError, match=words):
        log_norms(trace(make("gru"), draw(3, 1, 4)).direction(), **options)


def test_a_lag_is_gone_where_half_or_more_of_its_norms_are_exactly_0():
    gone, none = -math.inf, math.nan
    logs = torch.tensor([[0.0, -3.0, gone, gone, none], [-1.0, gone, gone, -2.0, none], [-2.0, -5.0, -1.0, none, none]])
    lag = torch.arange(5).expand(3, 5)
    found = mean_log_norm(logs.double(), lag, 6)
    assert found[:4].tolist() == [-1.0, -4.0, gone, gone]
    assert found[4:].isnan().all()


def test_the_mean_is_that_of_the_logarithms(draw):
    values = draw(6, 6).tril().masked_fill(torch.ones(6, 6).triu(1) > 0, math.nan)
    found = LogNorms(rows=torch.arange(6), values=values).by_lag()
    expected = [values.diagonal(-lag).mean().item() for lag in range(6)]
    assert found.tolist() == pytest.approx(expected, rel=1e-14)


def test_steps_at_which_no_gradient_starts_are_left_out(make, draw):
    recording = record(make("lstm"), draw(200, 1, 4), lambda out, _: out[-1].sum())
    adjoints = recording.direction()
    found = log_norms(adjoints.trajectory, immediate=adjoints.hidden_immediate)
    assert found.values[:-1].isnan().all()
    assert found.horizon() == pytest.approx(log_norms(adjoints.trajectory).horizon(), abs=5)
    with pytest.raises(RecurrentError, match="no gradient starts"):
        log_norms(adjoints.trajectory, immediate=torch.zeros_like(adjoints.hidden_immediate))
