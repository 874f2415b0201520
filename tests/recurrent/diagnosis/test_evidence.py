"""The figures of the evidence against definitions and closed forms."""

import math

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from pipeline.recurrent.diagnosis.evidence import Evidence, collect, saturation
from pipeline.recurrent.passes.initialization import forget_bias_
from pipeline.recurrent.passes.recording import record
from pipeline.recurrent.passes.trajectory import trace


def test_one_evidence_for_every_layer_and_direction(make, draw):
    recording = record(make("lstm", num_layers=2, bidirectional=True), draw(6, 2, 4), lambda out, _: out.sum())
    assert [e.name for e in collect(recording)] == ["l0", "l0_reverse", "l1", "l1_reverse"]


def test_direct_horizon_of_a_constant_forget_gate(make, draw):
    module = make("lstm")
    with torch.no_grad():
        module.weight_ih_l0.zero_(), module.weight_hh_l0.zero_()
    forget_bias_(module, 2.0)
    evidence = collect(record(module, draw(300, 1, 4), lambda out, _: out[-1].sum()))[0]
    keep = 1 / (1 + math.exp(-2))
    assert evidence.keep.tolist() == pytest.approx([keep] * 5)
    assert evidence.direct_horizon == pytest.approx(math.log(1e-3) / math.log(keep))
    assert evidence.indirect_ratio == pytest.approx(0)
    assert evidence.growth == pytest.approx(math.log(keep), rel=0.05)


def test_indirect_ratio_is_zero_only_without_recurrent_weights(make, draw):
    evidence = collect(record(make("lstm"), draw(20, 1, 4), lambda out, _: out.sum()))[0]
    assert evidence.indirect_ratio > 0.01


def test_saturation_counts_flat_gates_and_spares_memory_kept_on_purpose(make, draw):
    def shares(**biases):
        module = make("lstm")
        with torch.no_grad():
            module.weight_ih_l0.zero_(), module.weight_hh_l0.zero_()
            for gate, value in biases.items():
                module.bias_ih_l0.chunk(4)["ifgo".index(gate)].fill_(value)
        return saturation(trace(module, draw(5, 2, 4)).direction())

    assert shares() == {"i": 0, "f": 0, "g": 0, "o": 0, "tanh(C)": 0}
    assert shares(i=9.0, f=9.0, g=9.0)["tanh(C)"] == pytest.approx(3 / 5)  # C = 1, 2, 3, ...: flat from the third on
    assert shares(o=9.0)["o"] == 1
    assert shares(i=-9.0)["i"] == 1
    assert shares(f=9.0)["f"] == 0
    assert shares(f=-9.0)["f"] == 1
    assert shares(i=-9.0, f=9.0)["i"] == 0
    assert saturation(trace(make("rnn_relu"), draw(5, 2, 4)).direction()) == {}


def test_one_shut_step_of_one_sequence_is_no_horizon(relu_with_one_gap):
    module, x = relu_with_one_gap
    evidence = collect(record(module, x, lambda out, _: out.sum()))[0]
    assert evidence.horizon is None
    assert evidence.curve.isfinite().all()
    assert evidence.growth == pytest.approx(0, abs=1e-12)


def test_all_sequences_shut_is_a_horizon(relu_with_one_gap):
    module, x = relu_with_one_gap
    evidence = collect(record(module, x[:, :1].expand(-1, 4, -1), lambda out, _: out.sum()))[0]
    # Of the 32 - lag pairs, min(lag, 32 - lag, 16) cross step 16: half or more from a lag of 11 on.
    assert evidence.horizon == 11


def test_growth_counts_the_steps_across_a_gap():
    curve = torch.tensor([0.0, -1.0, -math.inf, -3.0, -4.0], dtype=torch.float64)
    assert Evidence(name="l0", kind="rnn_relu", steps=5, curve=curve).growth == -1


def test_a_forget_gate_that_underflowed(make, draw):
    module = forget_bias_(make("lstm", dtype=torch.float32), -200.0)
    evidence = collect(record(module, draw(20, 2, 4, dtype=torch.float32), lambda out, _: out.sum()))[0]
    assert 0 < evidence.direct_horizon <= 1
    assert evidence.indirect_ratio == math.inf
    with torch.no_grad():
        module.weight_hh_l0.zero_()
    cut = collect(record(module, draw(20, 2, 4, dtype=torch.float32), lambda out, _: out.sum()))[0]
    assert cut.indirect_ratio is None


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_the_longest_sequences_are_followed_wherever_they_stand(make, draw, name):
    long = collect(record(make(name), draw(200, 4, 4), lambda out, _: out.sum()))[0]
    x = torch.cat([draw(200, 4, 4, seed=1), draw(200, 4, 4)], dim=1)
    lengths = torch.tensor([5] * 4 + [200] * 4)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    found = collect(record(make(name), packed, lambda out, _: out.data.sum()))[0]
    assert found.horizon == pytest.approx(long.horizon, abs=1)
    assert found.horizon < 100
    assert found.curve.isfinite().all()
    assert found.indirect_ratio == pytest.approx(long.indirect_ratio)


def test_what_is_written_by_closed_forms(make, draw):
    """Constant gates: an LSTM writes |i g| and a GRU |(1 - z) n| at each step; an RNN's state is tanh of its bias."""
    expected = {
        "lstm": 7 * 0.5 * math.tanh(0.3),
        "gru": 7 / (1 + math.e) * math.tanh(0.3),
        "rnn_tanh": 7 * math.tanh(0.3),
    }
    for cell, value in expected.items():
        module = make(cell)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.zero_()
            gates = {"lstm": (4, 2), "gru": (3, 2), "rnn_tanh": (1, 0)}[cell]
            module.bias_ih_l0.chunk(gates[0])[gates[1]].fill_(0.3)
            if cell == "gru":
                module.bias_ih_l0.chunk(3)[1].fill_(1.0)
        evidence = collect(record(module, draw(7, 2, 4), lambda out, _: out.sum()))[0]
        assert evidence.written == pytest.approx(value)
