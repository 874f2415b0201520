"""The traced states against PyTorch's kernel and its cells."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.trajectory import reverse_within, trace


def top_output(trajectory):
    return torch.cat([direction.in_time(direction.h) for direction in trajectory.layers[-1]], dim=-1)


@pytest.mark.parametrize("bias", [True, False])
def test_outputs_are_the_modules(make, draw, cell, stack, bias):
    module, x = make(cell, bias=bias, **stack), draw(7, 3, 4)
    torch.testing.assert_close(top_output(trace(module, x)), module(x)[0].detach(), rtol=0, atol=1e-13)


def test_variable_lengths(make, draw, cell, stack):
    module = make(cell, **stack)
    packed = pack_padded_sequence(draw(7, 3, 4), [3, 7, 5], enforce_sorted=False)
    reference, lengths = pad_packed_sequence(module(packed)[0])
    trajectory = trace(module, packed)
    assert trajectory.lengths.tolist() == lengths.tolist()
    torch.testing.assert_close(top_output(trajectory), reference.detach(), rtol=0, atol=1e-13)


def test_cell_states_and_gates_are_those_of_lstm_cell(make, draw):
    module, x = make("lstm"), draw(9, 2, 4)
    cell = nn.LSTMCell(4, 5).double()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in module.state_dict().items()})
    direction, state = trace(module, x).direction(), (torch.zeros(2, 5).double(),) * 2
    for step in range(9):
        before, state = state, cell(x[step], state)
        torch.testing.assert_close(direction.c[step], state[1].detach(), rtol=0, atol=1e-14)
        gates = {name: gate[step] for name, gate in direction.gates.items()}
        assert torch.allclose(gates["f"] * before[1] + gates["i"] * gates["g"], state[1])
        assert torch.allclose(gates["o"] * state[1].tanh(), state[0])


def test_gru_gates_make_the_next_state(make, draw):
    direction = trace(make("gru"), draw(6, 2, 4)).direction()
    z, n = direction.gates["z"], direction.gates["n"]
    torch.testing.assert_close((1 - z) * n + z * direction.h_before, direction.h)


def test_reversal_keeps_padding_and_is_its_own_inverse():
    steps, lengths = torch.arange(8).reshape(4, 2), torch.tensor([4, 2])
    turned = reverse_within(steps, lengths)
    assert turned.tolist() == [[6, 3], [4, 1], [2, 5], [0, 7]]
    assert torch.equal(reverse_within(turned, lengths), steps)


def test_tracing_leaves_the_global_random_numbers_and_the_graph_alone(make, draw):
    module, state = make("lstm", num_layers=2, dropout=0.5), torch.get_rng_state()
    direction = trace(module, draw(5, 2, 4)).direction()
    assert torch.equal(torch.get_rng_state(), state)
    assert not direction.h.requires_grad


def test_a_layer_that_is_not_there_is_refused(make, draw):
    with pytest.raises(RecurrentError, match=r"no layer 0, reverse=True.*1 direction"):
        trace(make("rnn_tanh"), draw(3, 1, 4)).direction(0, reverse=True)
