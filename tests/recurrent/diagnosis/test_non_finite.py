"""The first NaN or infinity is named with its place."""

import math

import pytest
import torch
from torch import nn

from pipeline.recurrent.diagnosis.diagnosis import diagnose
from pipeline.recurrent.diagnosis.non_finite import NonFinite, first_non_finite
from pipeline.recurrent.passes.recording import record


def found(module, x, loss=lambda out, _: out.sum(), reverse=False):
    return first_non_finite(record(module, x, loss).direction(reverse=reverse))


@pytest.mark.parametrize("reverse", [False, True])
def test_input_forward_and_loss(make, draw, reverse):
    module, x = make("gru", bidirectional=True), draw(8, 2, 4)
    assert found(module, x, reverse=reverse) is None
    broken = x.clone()
    broken[5, 1, 0] = math.nan
    assert found(module, broken, reverse=reverse) == NonFinite(where="input", t=5)
    weigh = torch.ones(8, 1, 1).double()
    weigh[3] = math.inf
    assert found(module, x, lambda out, _: (out * weigh).sum(), reverse) == NonFinite(where="loss", t=3)


def test_weights(make, draw):
    module = make("lstm")
    module.weight_hh_l0.data[0, 0] = math.nan
    assert found(module, draw(4, 2, 4)).where == "weights"


def relu_net(weight):
    module = nn.RNN(1, 1, nonlinearity="relu", bias=False)
    with torch.no_grad():
        module.weight_hh_l0.fill_(weight), module.weight_ih_l0.fill_(1.0)
    return module


def test_a_state_that_overflows():
    x = torch.zeros(8, 1, 1)
    x[1] = 1.0  # 1e10^k from t = 1 on: float32 ends at 3.4e38, so the fourth factor overflows
    assert found(relu_net(1e10), x) == NonFinite(where="forward", t=5)


def test_a_gradient_that_explodes_backwards_is_named_by_its_pair():
    x = torch.full((8, 1, 1), 1e-44)  # open units with a tiny state, which stays finite forwards
    place = found(relu_net(1e9), x, lambda out, _: (out[6] * 1e-3 + out[7] * 0).sum())
    # 1e-3 * 1e9^n is beyond 3.4e38 at n = 5: the adjoint of step 6 - 5
    assert place == NonFinite(where="backward", t=6, k=1)
    assert str(place) == "the gradient of the loss at t = 6 stops being finite at k = 1"


@pytest.mark.parametrize("place", [0, 1])
def test_an_initial_state_that_is_not_finite(make, draw, place):
    state = [torch.zeros(1, 2, 5).double() for _ in range(2)]
    state[place][0, 1, 2] = (math.nan, math.inf)[place]
    recording = record(make("lstm"), draw(4, 2, 4), lambda out, _: out.sum(), tuple(state))
    assert first_non_finite(recording.direction()) == NonFinite(where="start")
    assert "h0" in diagnose(recording).text()
