"""The closed-form linearisation against autograd through PyTorch's own kernel."""

import pytest
import torch
from torch.func import jacrev

from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.cells import RNNLinearization, linearize
from pipeline.recurrent.passes.modules import cell_weights


def kernel_step(module, x, state, width):
    """The flat state after one step of PyTorch's kernel."""
    parts = (state[:width][None, None], state[width:][None, None])
    _, final = module(x[None, None], parts if module.mode == "LSTM" else parts[0])
    return torch.cat([part[0, 0] for part in final]) if isinstance(final, tuple) else final[0, 0]


def setting(make, draw, cell):
    module = make(cell)
    weights = cell_weights(module)[0][0]
    x, state = draw(4, seed=1), draw(weights.state_size, seed=2)
    width = weights.output_size
    c = state[width:][None, None] if cell.startswith("lstm") else None
    return module, weights, x, state, linearize(weights, x[None, None], state[:width][None, None], c)


def test_step_jacobian_is_that_of_the_kernel(make, draw, cell):
    module, weights, x, state, linear = setting(make, draw, cell)
    reference = jacrev(lambda s: kernel_step(module, x, s, weights.output_size))(state).detach()
    assert (linear.jacobian(0) - reference).abs().max() <= 1e-12


def test_gate_jacobian_gives_the_input_jacobian_of_the_kernel(make, draw, cell):
    module, weights, x, state, linear = setting(make, draw, cell)
    reference = jacrev(lambda x: kernel_step(module, x, state, weights.output_size))(x).detach()
    found = linear.gate_jacobian(0, hidden_side=False) @ weights.weight_ih.detach()
    assert (found - reference).abs().max() <= 1e-12


def test_hidden_side_differs_from_the_input_side_in_the_gru_alone(make, draw, cell):
    *_, linear = setting(make, draw, cell)
    same = torch.equal(linear.gate_jacobian(0), linear.gate_jacobian(0, hidden_side=False))
    assert same == (cell != "gru")


def test_jvp_and_vjp_are_adjoint(make, draw, cell):
    _, weights, *_, linear = setting(make, draw, cell)
    row, column = draw(3, 1, weights.state_size, seed=5), draw(3, 1, weights.state_size, seed=6)
    torch.testing.assert_close((linear.vjp(0, row)[1] * column).sum(), (row * linear.jvp(0, column)).sum())


def test_a_missing_slope_is_seen(make, draw):
    module, _, x, state, linear = setting(make, draw, "rnn_tanh")
    without = RNNLinearization(linear.weights, {"slope": torch.ones_like(linear.coefficients["slope"])})
    reference = jacrev(lambda s: kernel_step(module, x, s, 5))(state).detach()
    assert (without.jacobian(0) - reference).abs().max() > 1e-3


def test_lstm_needs_its_cell_state(make, draw):
    weights = cell_weights(make("lstm"))[0][0]
    with pytest.raises(RecurrentError, match="give c_before"):
        linearize(weights, draw(1, 1, 4), draw(1, 1, 5))


def test_recurrent_blocks_are_named_in_pytorchs_order(make):
    weights = cell_weights(make("lstm"))[0][0]
    blocks = weights.recurrent_blocks()
    assert list(blocks) == ["i", "f", "g", "o"]
    assert torch.equal(torch.cat(list(blocks.values())), weights.weight_hh.detach())
