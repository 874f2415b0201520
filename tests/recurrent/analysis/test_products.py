"""Products of Jacobians in log scale, against jacrev and against arithmetic with 200 digits (mpmath)."""

import math

import mpmath
import pytest
import torch
from torch.func import jacrev

from pipeline.recurrent.analysis import products
from pipeline.recurrent.analysis.jacobians import step_jacobian
from pipeline.recurrent.analysis.products import JacobianProduct, Scaled, cell_to_cell_jacobian
from pipeline.recurrent.analysis.singular_values import SingularValues
from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.trajectory import trace


def high_precision_log_singular_values(matrices):
    """log of the singular values of a product, latest factor first, by mpmath."""
    with mpmath.workdps(200):
        product = mpmath.eye(matrices[0].shape[0])
        for matrix in matrices:
            product = mpmath.matrix(matrix.tolist()) * product
        squares = mpmath.eigsy(product.T * product, eigvals_only=True)
        return torch.tensor(sorted((float(mpmath.log(s) / 2) for s in squares), reverse=True), dtype=torch.float64)


@pytest.mark.parametrize(("cell", "steps"), [("rnn_tanh", 60), ("gru", 30), ("lstm", 20)])
def test_log_singular_values_to_1e_8(make, draw, cell, steps):
    direction = trace(make(cell, hidden=3), draw(steps + 1, 1, 4)).direction()
    matrices = [step_jacobian(direction, t) for t in range(1, steps + 1)]
    expected = high_precision_log_singular_values(matrices)
    found = JacobianProduct(direction, steps, 0).log_singular_values()
    assert found.converged
    assert (found.log_values - expected).abs().max() <= 1e-8
    if cell == "rnn_tanh":  # the SVD of the multiplied-out product is wrong beyond its first values
        product = matrices[0]
        for matrix in matrices[1:]:
            product = matrix @ product
        naive = torch.linalg.svdvals(product).log()
        assert (naive - expected).abs().max() > 1


def test_products_are_those_of_the_kernel(make, draw, cell):
    module, x = make(cell), draw(7, 2, 4)
    direction = trace(module, x).direction()
    width = direction.weights.output_size
    states = [direction.h, *([] if direction.c is None else [direction.c])]
    start = torch.cat([s[2, 1] for s in states])

    def ahead(state):
        h, c = state[None, None, :width], state[None, None, width:]
        _, final = module(x[3:6, 1:2], (h, c) if direction.c is not None else h)
        return torch.cat([p[0, 0] for p in final]) if isinstance(final, tuple) else final[0, 0]

    reference = jacrev(ahead)(start).detach()
    product = JacobianProduct(direction, 5, 2, sample=1)
    column, row = draw(len(start), seed=8), draw(len(start), seed=9)
    assert (product.matrix().plain() - reference).abs().max() <= 1e-12
    torch.testing.assert_close(product.jvp(column).plain(), reference @ column)
    torch.testing.assert_close(product.vjp(row).plain(), row @ reference)
    if reference.norm() > 0:
        assert product.log_norm() == pytest.approx(torch.linalg.matrix_norm(reference, 2).log().item(), abs=1e-9)


def test_the_reverse_direction_runs_the_other_way(make, draw):
    direction = trace(make("gru", bidirectional=True), draw(6, 1, 4)).direction(reverse=True)
    expected = step_jacobian(direction, 1) @ step_jacobian(direction, 2)
    torch.testing.assert_close(JacobianProduct(direction, 1, 3).matrix().plain(), expected)
    with pytest.raises(RecurrentError, match="exchange t and k"):
        JacobianProduct(direction, 3, 1)


def test_no_underflow(make, draw):
    module = make("rnn_tanh", dtype=torch.float32)
    with torch.no_grad():
        module.weight_hh_l0.copy_(0.8 * torch.eye(5))
        module.weight_ih_l0.zero_(), module.bias_ih_l0.zero_(), module.bias_hh_l0.zero_()
    direction = trace(module, draw(4001, 1, 4, dtype=torch.float32)).direction()
    product = JacobianProduct(direction, 4000, 0)
    assert product.log_norm() == pytest.approx(4000 * math.log(0.8), rel=1e-6)
    assert product.jvp(torch.ones(5)).value.norm().item() == pytest.approx(1)
    assert product.jvp(torch.ones(5)).plain().norm() == 0  # which is why the scale is kept apart


@pytest.mark.parametrize("log_scale", [650.0, 709.5, 720.0, 1000.0, 1e7])
def test_plain_overflows_only_where_float64_does(log_scale):
    value = torch.tensor([1.0, -0.5, 1e-300, 0.0], dtype=torch.float64)
    found = Scaled(value=value, log_scale=log_scale).plain().tolist()
    for entry, v in zip(found, value.tolist(), strict=True):
        exact = mpmath.mpf(v) * mpmath.exp(log_scale)
        assert entry == pytest.approx(float(exact), rel=1e-12)  # float gives inf above float64's largest number


def test_the_identity_and_a_product_of_zero(make, draw):
    module = make("rnn_relu")
    with torch.no_grad():
        module.bias_ih_l0.fill_(-100.0)
    direction = trace(module, draw(4, 1, 4)).direction()
    assert torch.equal(JacobianProduct(direction, 2, 2).matrix().plain(), torch.eye(5).double())
    assert JacobianProduct(direction, 2, 2).log_norm() == 0
    assert JacobianProduct(direction, 3, 1).log_norm() == -math.inf
    assert JacobianProduct(direction, 3, 1).matrix().plain().abs().max() == 0


@pytest.mark.parametrize("cell", ["lstm", "lstm_projected"])
def test_cell_to_cell_is_exact_and_the_chain_of_full_steps_is_not(make, draw, cell):
    module, x = make(cell), 2 * draw(10, 1, 4)
    direction = trace(module, x).direction()
    o, c0 = direction.gates["o"][0, 0], direction.c[0, 0]

    def ahead(c):
        shown = o * c.tanh()
        h = shown if direction.weights.weight_hr is None else direction.weights.weight_hr @ shown
        return module(x[1:], (h[None, None], c[None, None]))[1][1][0, 0]

    reference = jacrev(ahead)(c0).detach()
    assert ((cell_to_cell_jacobian(direction, 9, 0).plain() - reference).norm() / reference.norm()) <= 1e-12
    chain = torch.eye(5).double()
    for t in range(1, 10):
        chain = step_jacobian(direction, t, "full") @ chain
    assert (chain - reference).norm() / reference.norm() > 1e-2
    assert torch.equal(cell_to_cell_jacobian(direction, 3, 3).plain().round(decimals=12), torch.eye(5).double())


def test_the_direct_path_is_the_product_of_the_forget_gates(make, draw):
    direction = trace(make("lstm"), draw(8, 1, 4)).direction()
    found = JacobianProduct(direction, 7, 2, kind="direct")
    kept = direction.gates["f"][3:8, 0].log().sum(0)
    torch.testing.assert_close(found.matrix().plain(), torch.diag(kept.exp()))
    torch.testing.assert_close(found.log_singular_values().log_values, kept.sort(descending=True).values)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: JacobianProduct(d, 3, 1, kind="full"), "must not be multiplied over time"),
        (lambda d: JacobianProduct(d, 3, 1, kind="indirect"), "must not be multiplied over time"),
        (lambda d: JacobianProduct(d, 3, 1, kind="cell"), "'cell' is not known"),
        (lambda d: JacobianProduct(d, 3, 1).jvp(torch.ones(3)), "has 3 numbers, the state has 10"),
        (lambda d: JacobianProduct(d, 3, 1).log_singular_values(11), "count is 11, the state has 10"),
    ],
)
def test_refusals(make, draw, ask, words):
    with pytest.raises(RecurrentError, match=words):
        ask(trace(make("lstm"), draw(5, 1, 4)).direction())


def test_a_gru_has_no_cell_state(make, draw):
    with pytest.raises(RecurrentError, match="no cell state"):
        cell_to_cell_jacobian(trace(make("gru"), draw(5, 1, 4)).direction(), 3, 1)


@pytest.mark.parametrize(
    ("cell", "seed"), [(torch.nn.GRU, 3), (torch.nn.GRU, 0), (torch.nn.LSTM, 1), (torch.nn.RNN, 2)]
)
@pytest.mark.parametrize("lag", [1, 5])
def test_the_norm_of_a_default_network_has_settled(cell, seed, lag):
    """Its largest singular values lie close together, where a power iteration is slow."""
    torch.manual_seed(seed)
    direction = trace(cell(4, 128).double(), torch.randn(8, 1, 4).double()).direction()
    product = torch.eye(direction.weights.state_size).double()
    for step in range(1, lag + 1):
        product = direction.linearization.jacobian(step) @ product
    expected = torch.linalg.matrix_norm(product, 2).log().item()
    assert JacobianProduct(direction, lag, 0).log_norm() == pytest.approx(expected, abs=1e-9)


def test_a_norm_that_does_not_settle_is_multiplied_out(monkeypatch, draw, make):
    direction = trace(make("gru"), draw(6, 1, 4)).direction()
    expected = JacobianProduct(direction, 5, 1).log_norm()
    unsettled = SingularValues(log_values=torch.zeros(1), change=1.0, sweeps=100, converged=False, resolved=True)
    monkeypatch.setattr(products, "sweep_singular_values", lambda *_, **__: unsettled)
    assert JacobianProduct(direction, 5, 1).log_norm() == pytest.approx(expected, abs=1e-12)
