"""Figures of the gradient against sums of terms, autograd and float16 itself."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from pipeline.recurrent.analysis.decomposition import decompose
from pipeline.recurrent.diagnosis import gradients
from pipeline.recurrent.passes.recording import record


def test_cancellation_is_that_of_terms_by_step(make, draw):
    recording = record(make("gru"), draw(9, 3, 4), lambda out, _: out.square().sum())
    decomposition = decompose(recording)
    by_step = [sum(decomposition.term("weight_hh_l0", t, k) for t in range(9)) for k in range(9)]
    expected = sum(g.norm() for g in by_step) / sum(by_step).norm()
    assert gradients.cancellation(recording.direction()) == pytest.approx(expected.item())


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm", "gru"])
@pytest.mark.parametrize("factor", [1.0, 1e-5, 1e-6, 1e-9])
def test_half_error_is_the_change_of_the_gradient_by_rounding(make, draw, cell, factor):
    recording = record(make(cell), draw(20, 2, 4), lambda out, _: factor * out[-1].sum())
    adjoints = recording.direction()
    exact, rounded = adjoints.gates, adjoints.gates.half().double()
    change = torch.einsum("tbi,tbj->ij", rounded - exact, adjoints.trajectory.x)
    of_inputs = change.norm() / recording.gradients()["weight_ih_l0"].norm()
    found = gradients.half_error(adjoints)
    assert found >= 0.999 * of_inputs
    assert found < 1e-3 if factor == 1 else found > 1e-3
    if factor == 1e-9:
        assert found == pytest.approx(1)


def test_many_small_adjoints_that_do_not_matter_are_no_error(make, draw):
    adjoints = record(make("rnn_tanh"), draw(60, 2, 4), lambda out, _: 1e-3 * out[-1].sum()).direction()
    lost = ((adjoints.gates != 0) & (adjoints.gates.half() == 0)).sum() / (adjoints.gates != 0).sum()
    assert lost > 0.1
    assert gradients.half_error(adjoints) < 0.01


def test_by_step_is_in_the_order_of_time_and_without_padding(make, draw):
    packed = pack_padded_sequence(draw(6, 3, 4), [6, 4, 2])
    recording = record(make("lstm", bidirectional=True), packed, lambda out, _: out.data.square().sum())
    for reverse in (False, True):
        adjoints = recording.direction(reverse=reverse)
        found = gradients.by_step(adjoints)
        own = adjoints.gates.clone()
        for sequence, length in enumerate([6, 4, 2]):
            own[length:, sequence] = 0
            if reverse:
                own[:length, sequence] = own[:length, sequence].flip(0)
        torch.testing.assert_close(found, own.flatten(1).norm(dim=1))


def test_the_last_step_with_a_loss(make, draw):
    module, x = make("lstm"), draw(9, 2, 4)
    assert gradients.last_loss(record(module, x, lambda out, _: out[3].sum()).direction()) == 3
    assert gradients.last_loss(record(module, x, lambda _, state: state[1].sum()).direction()) == 8
    nothing = record(module, x, lambda out, _: 0 * out.sum()).direction()
    assert gradients.last_loss(nothing) == 0
    assert not gradients.output_reached(nothing)
    assert gradients.output_reached(record(module, x, lambda _, state: state[1].sum()).direction())
