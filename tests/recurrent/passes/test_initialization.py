"""Initialisers against the definition of what they promise."""

import pytest
import torch
from torch import nn

from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.initialization import chrono_, forget_bias_, orthogonal_, spectral_radius_
from pipeline.recurrent.passes.modules import cell_weights


def blocks(module):
    return [block for layer in cell_weights(module) for w in layer for block in w.recurrent_blocks().values()]


def test_orthogonal_blocks(make, cell):
    module = orthogonal_(make(cell, num_layers=2, bidirectional=True), gain=0.5)
    for block in blocks(module):
        torch.testing.assert_close(block.T @ block, 0.25 * torch.eye(block.shape[1]).double())
    drawn = blocks(make(cell))[0]
    assert not torch.allclose(drawn.T @ drawn, 0.25 * torch.eye(drawn.shape[1]).double())


def test_spectral_radius_of_every_block(make):
    before = blocks(make("gru"))
    after = blocks(spectral_radius_(make("gru"), 0.9))
    for old, new in zip(before, after, strict=True):
        assert torch.linalg.eigvals(new).abs().max().item() == pytest.approx(0.9)
        torch.testing.assert_close(new / new.norm(), old / old.norm())


@pytest.mark.parametrize(("bias", "steps"), [(0, 10), (1, 23), (2, 55), (3, 143)])
def test_forget_bias_counts_both_biases(bias, steps):
    module = nn.LSTM(3, 4)
    with torch.no_grad():
        module.weight_ih_l0.zero_(), module.weight_hh_l0.zero_()
    forget_bias_(module, bias)
    c, count = torch.ones(1, 1, 4), 0
    module.bias_ih_l0.data[:4] = -100  # nothing is written: C only decays
    while c.max() >= 1e-3:
        _, (_, c) = module(torch.zeros(1, 1, 3), (torch.zeros(1, 1, 4), c))
        count += 1
    assert count == steps


def test_other_gates_keep_their_biases(make):
    before, after = make("lstm"), forget_bias_(make("lstm"), 2.0)
    kept = [0, 2, 3]
    for name in ("bias_ih_l0", "bias_hh_l0"):
        old, new = getattr(before, name).view(4, 5), getattr(after, name).view(4, 5)
        assert torch.equal(old[kept], new[kept])
        assert not torch.equal(old[1], new[1])


def test_chrono_spreads_the_memories(make):
    generator = torch.Generator().manual_seed(1)
    module = chrono_(nn.LSTM(3, 4000, num_layers=1, device="meta").to_empty(device="cpu"), 1000, generator)
    _, f, *_ = (module.bias_ih_l0 + module.bias_hh_l0).detach().chunk(4)
    memory = f.exp()  # 1 / (1 - f) = 1 + exp(b): uniform on 1..999
    assert 0.99 < memory.min() < 10
    assert 990 < memory.max() < 999.1
    assert memory.mean().item() == pytest.approx(500, rel=0.05)
    assert torch.equal(module.bias_ih_l0.chunk(4)[0], -module.bias_ih_l0.chunk(4)[1])


def test_chrono_sets_the_grus_update_gate_which_keeps(make, draw):
    module = chrono_(make("gru"), 100, torch.Generator().manual_seed(0))
    z = (module.bias_ih_l0 + module.bias_hh_l0).chunk(3)[1].detach()
    assert (z >= 0).all()
    assert z.max() > 2


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: forget_bias_(nn.RNN(2, 2)), "no gate that keeps"),
        (lambda: forget_bias_(nn.LSTM(2, 2, bias=False)), "bias=False"),
        (lambda: chrono_(nn.LSTM(2, 2), 2), "at least 3 steps, not 2"),
        (lambda: spectral_radius_(nn.LSTM(2, 4, proj_size=2), 1.0), "4 x 2 block has no eigenvalues"),
        (lambda: spectral_radius_(_zeroed(), 1.0), "spectral radius 0"),
        (lambda: orthogonal_(nn.Linear(2, 2)), "not an nn.RNN"),
    ],
)
def test_refusals(ask, words):
    with pytest.raises(RecurrentError, match=words):
        ask()


def _zeroed():
    module = nn.RNN(2, 2)
    nn.init.zeros_(module.weight_hh_l0)
    return module
