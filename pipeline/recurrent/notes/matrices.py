"""Slips about layout, symbols and powers of matrices: 1 to 3 and 11 to 13."""

import torch
from torch.func import jacrev

from ..analysis.jacobians import elementwise, linear
from ..analysis.spectra import power_limit
from .network import rnn
from .slip import Measured, Slip, compare, random


def mixed_layout() -> Measured:
    """A layer on a layer: the chain rule with one factor in each layout, and with both in numerator layout."""
    v, w, x = random(4, 4, seed=1), random(4, 4, seed=2), random(4, seed=3)
    slope = 1 - torch.tanh(w @ v @ x) ** 2
    outer, inner = elementwise(slope, w), linear(v)
    reference = jacrev(lambda x: torch.tanh(w @ v @ x))(x)
    return compare(outer @ linear(v, "denominator"), outer @ inner, reference)


def columns_of_q() -> Measured:
    """The first column of M Q, from Q's first row (an index that could mean either) and from the column q_1."""
    m, q = random(4, 4, seed=1), random(4, 4, seed=2)
    return compare(m @ q[0], m @ q[:, 0], (m @ q)[:, 0])


def inputs_and_biases() -> Measured:
    """The states of nn.RNN, with U and the biases left out and with them."""
    net = rnn(hidden=4, inputs=4)
    h = bare = net.h0
    for x in net.x:
        bare = torch.tanh(net.w @ bare + x)
        h = torch.tanh(net.w @ h + net.u @ x + net.b)
    return compare(bare, h, net.module_states()[-1])


def every_matrix_diagonalisable() -> Measured:
    """[[1, 1], [0, 1]]^100 by Q L^100 Q^-1 (Q is singular but for rounding) and by multiplication."""
    m = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
    eigenvalues, q = torch.linalg.eig(m)
    by_eigenvalues = (q @ torch.diag(eigenvalues**100) @ torch.linalg.inv(q)).real
    closed_form = torch.tensor([[1.0, 100.0], [0.0, 1.0]], dtype=torch.float64)
    return compare(by_eigenvalues, torch.linalg.matrix_power(m, 100), closed_form)


def power_of_a_product() -> Measured:
    """(diag(d) W)^5 as diag(d)^5 W^5, and multiplied out, against the derivative of the same linear map five times."""
    d, w, x = random(4, seed=1), random(4, 4, seed=2), random(4, seed=3)

    def five_times(x):
        for _ in range(5):
            x = d * (w @ x)
        return x

    separate = torch.diag(d**5) @ torch.linalg.matrix_power(w, 5)
    return compare(separate, torch.linalg.matrix_power(torch.diag(d) @ w, 5), jacrev(five_times)(x))


def limit_by_modulus() -> Measured:
    """Which eigenvalues' powers diverge, stay or vanish: by lambda and by |lambda|, against lambda^4000 itself."""
    values = [-1.5, -0.5, 0.5, 1.0, -1.0, 1.2, 1j, 0.9j]
    by_lambda = ["diverges" if complex(v).real > 1 else "stays 1" if v == 1 else "vanishes" for v in values]
    truth = [_behaviour(complex(v)) for v in values]
    wrong = lambda said: sum(a != b for a, b in zip(said, truth, strict=True)) / len(values)  # noqa: E731
    return Measured(notes=wrong(by_lambda), corrected=wrong([power_limit(v) for v in values]))


def _behaviour(value: complex) -> str:
    """By 4000 multiplications."""
    power, seen = 1 + 0j, []
    for _ in range(4000):
        power = power * value if abs(power) < 1e200 else power
        seen.append(power)
    if abs(seen[-1]) > 1e100:
        return "diverges"
    if abs(seen[-1]) < 1e-100:
        return "vanishes"
    return "stays 1" if max(abs(p - 1) for p in seen[-10:]) < 1e-9 else "no limit"


SLIPS = (
    Slip(
        number=1,
        title="layout mixed",
        notes="dz/dx = W^T for z = Wx, and later diag(s') W for s(Wx)",
        corrected="one layout throughout: W and diag(s') W (numerator), or W^T and W^T diag(s') (denominator)",
        measure=mixed_layout,
    ),
    Slip(
        number=2,
        title="symbols that mean something else",
        notes="(W_x)^T for (W x)^T, and M Q = (M Q_1, ..., M Q_n)",
        corrected="M Q = (M q_1, ..., M q_n) with q_i the columns of Q",
        measure=columns_of_q,
    ),
    Slip(
        number=3,
        title="U and the biases come and go",
        notes="h_i = s(W h_{i-1} + x_i)",
        corrected="h_i = s(W h_{i-1} + U x_i + b)",
        measure=inputs_and_biases,
    ),
    Slip(
        number=11,
        title="an eigendecomposition for every M",
        notes="M^n = Q L^n Q^-1 for any M",
        corrected="only for a diagonalisable M; [[1,1],[0,1]]^100 has an entry 100",
        measure=every_matrix_diagonalisable,
    ),
    Slip(
        number=12,
        title="the power of a product",
        notes="prod_i diag(d_i) W = diag(d)^n W^n",
        corrected="diag(d) and W do not commute: multiply out; equal if diag(d) is a multiple of I, or W is diagonal",
        measure=power_of_a_product,
    ),
    Slip(
        number=13,
        title="limits by lambda",
        notes="lambda > 1 diverges, = 1 stays, else < 1 vanishes",
        corrected="by |lambda|; lambda = 1 stays, any other |lambda| = 1 has no limit",
        measure=limit_by_modulus,
    ),
)
