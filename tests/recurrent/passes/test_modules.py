"""What is read from a module and a call, and what is refused with what to do."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.modules import cell_weights, find_recurrent, read_call, require_recurrent


def test_every_layer_and_direction_is_found(make, cell, stack):
    module = make(cell, **stack)
    found = {name for layer in cell_weights(module) for w in layer for name in _names(w)}
    assert found == set(dict(module.named_parameters()))


def _names(weights):
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    return [f"{kind}_{weights.suffix}" for kind in kinds if getattr(weights, kind) is not None]


@pytest.mark.parametrize(
    ("module", "advice"),
    [
        (nn.Linear(2, 2), "no recurrence in it"),
        (nn.LSTMCell(2, 2), "without 'Cell'"),
        (nn.Sequential(nn.Linear(2, 2), nn.GRU(2, 2)), "pass its part '1'"),
    ],
)
def test_a_module_that_does_not_recur_is_refused(module, advice):
    with pytest.raises(RecurrentError, match=advice):
        require_recurrent(module)


def test_a_model_without_recurrence_is_refused():
    with pytest.raises(RecurrentError, match="nothing recurs"):
        find_recurrent(nn.Linear(2, 2))


def test_the_recurrent_part_of_a_model_is_found():
    gru = nn.GRU(2, 2)
    assert find_recurrent(nn.Sequential(nn.Linear(2, 2), gru)) is gru


@pytest.mark.parametrize(
    ("x", "hx", "words"),
    [
        (torch.zeros(3, 2, 9).double(), None, "9 features, the module takes 4"),
        (torch.zeros(3, 2, 1, 4).double(), None, r"T x B x D.*not \(3, 2, 1, 4\)"),
        (torch.zeros(0, 2, 4).double(), None, "empty"),
        (torch.zeros(3, 2, 4), None, "float32, the weights are torch.float64"),
        ([1, 2], None, "not list"),
        (torch.zeros(3, 2, 4).double(), torch.zeros(1, 2, 5).double(), r"pair \(h0, C0\)"),
        (torch.zeros(3, 2, 4).double(), (torch.zeros(1, 3, 5).double(),) * 2, r"expected \(1, 2, 5\)"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(make, x, hx, words):
    with pytest.raises(RecurrentError, match=words):
        read_call(make("lstm"), x, hx)


def test_all_forms_of_the_input_become_one(make, draw):
    x = draw(6, 3, 4)
    plain = read_call(make("gru"), x)
    first = read_call(make("gru", batch_first=True), x.transpose(0, 1))
    packed = read_call(make("gru"), pack_padded_sequence(x, [6, 2, 4], enforce_sorted=False))
    single = read_call(make("gru"), x[:, 0], draw(1, 5))
    assert torch.equal(plain.x, first.x)
    assert packed.lengths.tolist() == [6, 2, 4]
    assert single.x.shape == (6, 1, 4)
    assert single.h0.shape == (1, 1, 5)


def test_a_module_with_a_forward_of_its_own_is_refused(draw):
    class Scaled(nn.LSTM):
        def forward(self, x, hx=None):
            output, state = super().forward(x, hx)
            return 10 * output, state

    class Plain(nn.LSTM):
        pass

    assert require_recurrent(Plain(2, 3))
    with pytest.raises(RecurrentError, match="Scaled has a forward of its own"):
        require_recurrent(Scaled(2, 3))


@pytest.mark.parametrize(
    ("cell", "hx", "words"),
    [
        ("gru", (torch.zeros(1, 2, 5).double(),) * 2, "is tuple, expected a tensor"),
        ("lstm", (torch.zeros(1, 2, 5).double(), None), "is NoneType, expected a tensor"),
        ("gru", torch.zeros(1, 2, 5), "initial state is torch.float32 on cpu, the input torch.float64 on cpu"),
    ],
)
def test_an_initial_state_that_does_not_fit_is_refused(make, draw, cell, hx, words):
    with pytest.raises(RecurrentError, match=words):
        read_call(make(cell), draw(3, 2, 4), hx)


def test_a_device_without_float64_is_refused(make):
    class Elsewhere(torch.Tensor):
        device = torch.device("mps")

    with pytest.raises(RecurrentError, match="MPS"):
        read_call(make("gru"), torch.zeros(3, 2, 4).double().as_subclass(Elsewhere))
