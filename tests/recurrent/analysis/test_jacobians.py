"""Step Jacobians, their layouts and the LSTM's paths, against jacrev through PyTorch's kernel."""

import pytest
import torch
from torch.func import jacrev

from pipeline.recurrent.analysis.jacobians import (
    elementwise,
    gru_cell_jacobian,
    linear,
    lstm_cell_jacobian,
    lstm_output_gate,
    rnn_cell_jacobian,
    stacked_jacobian,
    step_jacobian,
)
from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.modules import cell_weights
from pipeline.recurrent.passes.trajectory import trace


def test_layouts_of_the_exercises(draw):
    w, x = draw(2, 3, seed=1), draw(3, seed=2)
    reference = jacrev(lambda x: torch.tanh(w @ x))(x)
    slope = 1 - torch.tanh(w @ x) ** 2
    assert torch.equal(linear(w), jacrev(lambda x: w @ x)(x))
    assert torch.equal(linear(w, "denominator"), w.T)
    torch.testing.assert_close(elementwise(slope, w), reference)
    torch.testing.assert_close(elementwise(slope, w, "denominator"), reference.T)
    assert not torch.allclose(elementwise(slope, w), w)
    with pytest.raises(RecurrentError, match="not 'row'"):
        linear(w, "row")


@pytest.mark.parametrize(("cell", "jacobian"), [("rnn_tanh", rnn_cell_jacobian), ("gru", gru_cell_jacobian)])
def test_cells_with_one_state(make, draw, cell, jacobian):
    module, x, h = make(cell), draw(4, seed=1), draw(5, seed=2)
    weights = cell_weights(module)[0][0]
    reference = jacrev(lambda h: module(x[None, None], h[None, None])[1][0, 0])(h).detach()
    assert (jacobian(weights, x, h) - reference).abs().max() <= 1e-12
    assert torch.equal(jacobian(weights, x, h, "denominator"), jacobian(weights, x, h).T)
    with pytest.raises(RecurrentError, match="not a lstm's"):
        lstm_cell_jacobian(weights, x, h, h)


@pytest.mark.parametrize("cell", ["lstm", "lstm_projected"])
def test_the_lstms_four_kinds(make, draw, cell):
    module = make(cell)
    weights = cell_weights(module)[0][0]
    xs, h0, c0 = draw(2, 4, seed=1), draw(weights.output_size, seed=2), draw(5, seed=3)
    (h1,), (c1,) = (s[0] for s in module(xs[:1, None], (h0[None, None], c0[None, None]))[1])
    h1, c1 = h1.detach(), c1.detach()
    o1 = lstm_output_gate(weights, xs[0], h0)

    def next_cell(c, h):
        return module(xs[1:, None], (h[None, None], c[None, None]))[1][1][0, 0]

    def hidden(c):
        shown = o1 * c.tanh()
        return shown if weights.weight_hr is None else weights.weight_hr.detach() @ shown

    found = {kind: lstm_cell_jacobian(weights, xs[1], h1, c1, kind=kind, o_before=o1) for kind in ("direct", "full")}
    direct = jacrev(lambda c: next_cell(c, h1))(c1).detach()
    full = jacrev(lambda c: next_cell(c, hidden(c)))(c1).detach()
    assert (found["direct"] - direct).abs().max() <= 1e-12
    assert (found["full"] - full).abs().max() <= 1e-12
    indirect = lstm_cell_jacobian(weights, xs[1], h1, c1, kind="indirect", o_before=o1)
    assert (indirect - (full - direct)).abs().max() <= 1e-12
    assert (full - direct).norm() > 1e-3


def test_the_lstms_kinds_ask_for_what_they_need(make, draw):
    weights = cell_weights(make("lstm"))[0][0]
    arguments = draw(4), draw(5), draw(5)
    with pytest.raises(RecurrentError, match="give o_before"):
        lstm_cell_jacobian(weights, *arguments, kind="full")
    with pytest.raises(RecurrentError, match="direct, indirect, full, state, not 'cell'"):
        lstm_cell_jacobian(weights, *arguments, kind="cell")


def test_steps_of_a_trajectory(make, draw, cell):
    module, x = make(cell, bidirectional=True), draw(6, 2, 4)
    trajectory = trace(module, x)
    forward, reverse = trajectory.direction(), trajectory.direction(reverse=True)
    assert torch.equal(step_jacobian(forward, 2, sample=1), forward.linearization.sample(1).jacobian(2))
    assert torch.equal(step_jacobian(reverse, 2), reverse.linearization.jacobian(3))
    with pytest.raises(RecurrentError, match=r"step 6 is not in 0\.\.5"):
        step_jacobian(forward, 6)
    if not cell.startswith("lstm"):
        with pytest.raises(RecurrentError, match="'direct' is not known"):
            step_jacobian(forward, 2, "direct")


def test_the_first_step_has_no_indirect_part(make, draw):
    direction = trace(make("lstm"), draw(3, 1, 4)).direction()
    with pytest.raises(RecurrentError, match="take a later t"):
        step_jacobian(direction, 0, "indirect")


def test_a_stack_is_block_lower_triangular_and_exact(make, draw, cell):
    module, x = make(cell, num_layers=3), draw(4, 1, 4)
    trajectory = trace(module, x)
    directions = [layer[0] for layer in trajectory.layers]
    width = directions[0].weights.output_size
    before = [torch.cat([d.h[1, 0], *([] if d.c is None else [d.c[1, 0]])]) for d in directions]
    size = len(before[0])

    def ahead(flat):
        states = flat.reshape(3, size)
        h, c = states[:, None, :width].contiguous(), states[:, None, width:].contiguous()
        _, final = module(x[2:3], (h, c) if cell.startswith("lstm") else h)
        final = final if isinstance(final, tuple) else (final,)
        return torch.cat([part[:, 0] for part in final], dim=1).flatten()

    reference = jacrev(ahead)(torch.cat(before)).detach()
    found = stacked_jacobian(trajectory, 2)
    assert (found - reference).abs().max() <= 1e-12
    assert found[:size, size:].abs().max() == 0


def test_a_bidirectional_stack_has_no_markov_state(make, draw):
    with pytest.raises(RecurrentError, match="no Markov state"):
        stacked_jacobian(trace(make("gru", bidirectional=True), draw(3, 1, 4)), 1)


def test_a_stack_knows_no_step_outside_the_sequence(make, draw):
    packed = torch.nn.utils.rnn.pack_padded_sequence(draw(6, 2, 4), [3, 6], enforce_sorted=False)
    trajectory = trace(make("gru", num_layers=2), packed)
    for t, sample in ((-1, 1), (6, 1), (3, 0)):
        with pytest.raises(RecurrentError, match=f"step {t} is not in 0"):
            stacked_jacobian(trajectory, t, sample)
    assert stacked_jacobian(trajectory, 2, 0).shape == (10, 10)
