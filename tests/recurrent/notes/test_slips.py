"""Each numbered slip: the notes' form fails, and the corrected form holds."""

import pytest
import torch
from torch import nn

from pipeline.recurrent import step_jacobian, trace
from pipeline.recurrent.notes.slip import KINDS
from pipeline.recurrent.notes.slips import SLIPS

IDS = [f"{slip.number}" for slip in SLIPS]


def test_all_28_are_there():
    assert [slip.number for slip in SLIPS] == list(range(1, 29))
    assert {slip.kind for slip in SLIPS} == set(KINDS)
    assert all(slip.written and all(slip.written) for slip in SLIPS)
    assert all(slip.title and slip.notes and slip.corrected and slip.measure.__doc__ for slip in SLIPS)


@pytest.mark.parametrize("slip", SLIPS, ids=IDS)
def test_the_notes_form_fails(slip):
    assert slip.measure().notes > 1e-3


@pytest.mark.parametrize("slip", SLIPS, ids=IDS)
def test_the_corrected_form_holds(slip):
    assert slip.measure().corrected < 1e-10


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, r"z = x^T W^T"),
        (5, r"\sum_{i=1}^t [\text{diag}(\sigma'(W_i^T x)) W]"),
        (15, r"\lim_{n \rightarrow \infty} \lambda_i^n"),
        (22, r"\otimes \odot C_{t-1}"),
        (23, r"\frac{\partial}{\partial C_{t-1}} (f_t \odot C_{t-1} + i_t"),
        (24, "decides what information to throw away or remember"),
    ],
)
def test_the_notes_own_words_are_kept(number, words):
    assert words in " ".join(SLIPS[number - 1].written)


def test_what_is_right_as_written_is_not_called_a_slip():
    """z = x^T W^T with dz/dx = W^T is right in denominator layout, M = Q L Q^-1 for a diagonalisable M."""
    assert {slip.number for slip in SLIPS if slip.kind == "misread"} == {1, 4, 11, 14, 15, 23, 24}
    assert {slip.number for slip in SLIPS if slip.kind == "print"} == {2, 22}
    assert SLIPS[2].kind == "choice"


def test_slip_20_measures_the_form_it_quotes():
    """diag(g + tanh') in the second term: 6.6e-2, not the 8.4e-3 of another form."""
    assert SLIPS[19].measure().notes == pytest.approx(6.6e-2, rel=0.02)


def test_a_forget_gate_near_1_does_not_make_the_jacobian_the_identity():
    """All weights 0 but W_g = 2, H = 1, C = 0: f = 0.5 and dC/dC = 1.0; f near 1 and W_g = 8: 3.0."""
    for bias, weight, expected in ((0.0, 2.0, 1.0), (10.0, 8.0, 3.0)):
        module = nn.LSTM(1, 1).double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.zero_()
            module.bias_ih_l0[1], module.weight_hh_l0[2, 0] = bias, weight
        direction = trace(module, torch.zeros(2, 1, 1).double()).direction()
        assert step_jacobian(direction, 1, "full").item() == pytest.approx(expected, abs=1e-3)
