"""Exponents and spectra against dense linear algebra and closed forms."""

import math

import pytest
import torch

from pipeline.recurrent.analysis.norms import log_norms
from pipeline.recurrent.analysis.products import JacobianProduct
from pipeline.recurrent.analysis.spectra import (
    eigen_power,
    log_gradient_bound,
    lyapunov_exponents,
    matrix_spectrum,
    power_limit,
)
from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.trajectory import trace


def test_exponents_are_the_products_log_singular_values(make, draw, cell):
    direction = trace(make(cell), draw(12, 1, 4)).direction()
    found = lyapunov_exponents(direction, 2, tolerance=1e-9, max_sweeps=400, every=3)
    product = direction.linearization.jacobian(0)
    for step in range(1, 12):
        product = direction.linearization.jacobian(step) @ product
    expected = torch.linalg.svdvals(product)[:2].log() / 12
    assert found.converged
    torch.testing.assert_close(found.exponents, expected, atol=1e-7, rtol=0)


def test_exponents_of_a_diagonal_net_are_its_diagonal(make, draw):
    module, rates = make("rnn_relu"), torch.tensor([1.1, 1.0, 0.9, 0.5, 0.2]).double()
    with torch.no_grad():
        module.weight_hh_l0.copy_(torch.diag(rates))
        module.weight_ih_l0.zero_(), module.bias_ih_l0.fill_(1.0), module.bias_hh_l0.zero_()
    found = lyapunov_exponents(trace(module, draw(200, 1, 4)).direction(), 99, tolerance=1e-6)
    torch.testing.assert_close(found.exponents, rates.log(), atol=1e-5, rtol=0)
    assert (found.exponents - rates.flip(0).log()).abs().max() > 0.1
    assert found.change <= 1e-6


def test_spectrum_of_a_normal_and_of_a_non_normal_matrix():
    normal = matrix_spectrum(torch.diag(torch.tensor([0.9, -0.5])))
    assert normal.spectral_radius == pytest.approx(0.9)
    assert normal.departure == pytest.approx(0, abs=1e-7)
    assert normal.eigenvector_condition == pytest.approx(1)
    assert normal.transient_growth == pytest.approx(0.9)
    shear = torch.tensor([[0.9, 10.0], [0.0, 0.8]]).double()
    found = matrix_spectrum(shear)
    peak = max(torch.linalg.matrix_norm(torch.linalg.matrix_power(shear, n), 2).item() for n in range(1, 101))
    assert found.transient_growth == pytest.approx(peak)
    assert found.spectral_radius < 1 < found.largest_singular_value
    assert found.departure == pytest.approx(10 / shear.norm().item())


def test_powers_where_the_eigendecomposition_exists(draw):
    m = draw(4, 4)
    torch.testing.assert_close(eigen_power(m, 7), torch.linalg.matrix_power(m, 7), rtol=1e-8, atol=1e-8)
    with pytest.raises(RecurrentError, match=r"not diagonalisable.*kappa"):
        eigen_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 100)


@pytest.mark.parametrize(
    ("value", "limit"),
    [(0.5, "vanishes"), (-0.9, "vanishes"), (1, "stays 1"), (-1, "no limit"), (1j, "no limit"), (-1.1, "diverges")],
)
def test_limits_by_modulus(value, limit):
    assert power_limit(value) == limit


def test_the_bound_lies_above_the_measured_norms(make, draw):
    module = make("rnn_tanh", hidden=16)
    direction = trace(module, draw(30, 1, 4)).direction()
    bound = log_gradient_bound(module.weight_hh_l0, torch.arange(30))
    assert (log_norms(direction).by_lag() <= bound + 1e-12).all()
    assert JacobianProduct(direction, 20, 0).log_norm() <= bound[20].item()
    smallest = torch.linalg.svdvals(module.weight_hh_l0.double())[-1].log().item()
    assert JacobianProduct(direction, 20, 0).log_norm() > 20 * smallest  # another singular value would be no bound
    quarter = log_gradient_bound(module.weight_hh_l0, torch.tensor([2]), slope=0.25)
    assert quarter[0].item() == pytest.approx(bound[2].item() + 2 * math.log(0.25))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: lyapunov_exponents(d, 0), "count and every must be at least 1"),
        (lambda d: matrix_spectrum(torch.zeros(2, 3)), r"square, not \(2, 3\)"),
        (lambda d: matrix_spectrum(torch.full((2, 2), math.nan)), "NaN"),
    ],
)
def test_refusals(make, draw, ask, words):
    with pytest.raises(RecurrentError, match=words):
        ask(trace(make("gru"), draw(3, 1, 4)).direction())


def linear_net(w, dtype, steps):
    """A tanh RNN at h = 0, where its Jacobian is W."""
    module = torch.nn.RNN(2, len(w)).to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.weight_hh_l0.copy_(w)
    return trace(module, torch.zeros(steps, 1, 2, dtype=dtype)).direction()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("every", [1, 4, 50])
def test_exponents_far_apart_are_kept(draw, dtype, every):
    """W = Q diag(1, 1e-3, 1e-4, 1e-5) Q^T in the linear regime: the exponents are the logarithms of the eigenvalues."""
    q, values = torch.linalg.qr(draw(4, 4))[0], torch.tensor([1, 1e-3, 1e-4, 1e-5], dtype=torch.float64)
    found = lyapunov_exponents(linear_net(q @ torch.diag(values) @ q.T, dtype, 200), 4, every=every)
    assert found.converged
    # float32 holds W's smallest eigenvalue to 1e-2 only.
    torch.testing.assert_close(found.exponents, values.log(), atol=2e-2 if dtype == torch.float32 else 1e-6, rtol=0)


def test_what_one_step_parts_beyond_the_dtype_has_not_converged(draw):
    q = torch.linalg.qr(draw(3, 3))[0]
    direction = linear_net(q @ torch.diag(torch.tensor([1.0, 1e-3, 1e-17]).double()) @ q.T, torch.float64, 50)
    assert not lyapunov_exponents(direction, 3).converged
    found = lyapunov_exponents(direction, 2)
    assert found.converged
    assert found.exponents.tolist() == pytest.approx([0, math.log(1e-3)], abs=1e-6)
    single = linear_net(torch.diag(torch.tensor([1.0, 1e-6])), torch.float32, 9)
    assert not lyapunov_exponents(single, 2, dtype=torch.float32).converged
    assert lyapunov_exponents(single, 2).converged


def test_a_triangular_net_has_its_diagonals_exponents(draw):
    values = torch.tensor([0.9, 0.2, 0.02]).double()
    w = torch.triu(0.1 * draw(3, 3), 1) + torch.diag(values)
    found = lyapunov_exponents(linear_net(w, torch.float64, 400), 3)
    torch.testing.assert_close(found.exponents, values.log(), atol=2e-2, rtol=0)
