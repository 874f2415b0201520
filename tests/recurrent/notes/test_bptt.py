"""The networks behind the slips on back-propagation through time are what they claim to be."""

import torch
from torch.func import jacrev

from pipeline.recurrent.notes.bptt import NOTES_TABLE, switching_relu_net
from pipeline.recurrent.notes.network import lstm, rnn


def test_spectral_radius_a_half_and_a_gradient_of_exactly_2_to_the_30():
    module, x = switching_relu_net()
    assert torch.linalg.eigvals(module.weight_hh_l0.detach()).abs().max().item() < 0.5 + 1e-12
    h0 = module(x[:1])[1][0, 0].detach()
    jacobian = jacrev(lambda h: module(x[1:], h[None, None])[1][0, 0])(h0)
    assert jacobian[0, 0].item() == -(2.0**30)


def test_the_notes_table_has_14_terms_and_lacks_the_last():
    assert sum(NOTES_TABLE.values()) == 14
    assert (3, 3) not in NOTES_TABLE


def test_networks_draw_nothing_from_the_global_generator():
    before = torch.get_rng_state()
    first, second = rnn(), rnn()
    lstm()
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.w, second.w)
