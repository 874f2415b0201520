"""Slips about layout, symbols and powers of matrices: 1 to 3, 11 to 13 and 26."""

import torch
from torch.func import jacrev

from ..analysis.jacobians import elementwise, linear
from ..analysis.spectra import power_limit
from .network import rnn
from .slip import Measurement, Slip, compare, random


def mixed_layout() -> Measurement:
    """A layer on a layer: the chain rule with one factor in each layout, and with both in numerator layout."""
    v, w, x = random(4, 4, seed=1), random(4, 4, seed=2), random(4, seed=3)
    slope = 1 - torch.tanh(w @ v @ x) ** 2
    outer, inner = elementwise(slope, w), linear(v)
    reference = jacrev(lambda x: torch.tanh(w @ v @ x))(x)
    return compare(outer @ linear(v, "denominator"), outer @ inner, reference)


def columns_of_q() -> Measurement:
    """The first column of M Q, from Q's first row (an index that could mean either) and from the column q_1."""
    m, q = random(4, 4, seed=1), random(4, 4, seed=2)
    return compare(m @ q[0], m @ q[:, 0], (m @ q)[:, 0])


def inputs_and_biases() -> Measurement:
    """The states of nn.RNN, with U and the biases left out and with them."""
    net = rnn(hidden=4, inputs=4)
    h = bare = net.h0
    for x in net.x:
        bare = torch.tanh(net.w @ bare + x)
        h = torch.tanh(net.w @ h + net.u @ x + net.b)
    return compare(bare, h, net.module_states()[-1])


def every_matrix_diagonalisable() -> Measurement:
    """[[1, 1], [0, 1]]^100 by Q L^100 Q^-1 (Q is singular but for rounding) and by multiplication."""
    m = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
    eigenvalues, q = torch.linalg.eig(m)
    by_eigenvalues = (q @ torch.diag(eigenvalues**100) @ torch.linalg.inv(q)).real
    closed_form = torch.tensor([[1.0, 100.0], [0.0, 1.0]], dtype=torch.float64)
    return compare(by_eigenvalues, torch.linalg.matrix_power(m, 100), closed_form)


def power_of_a_product() -> Measurement:
    """(diag(d) W)^5 as diag(d)^5 W^5, and multiplied out, against the derivative of the same linear map five times."""
    d, w, x = random(4, seed=1), random(4, 4, seed=2), random(4, seed=3)

    def five_times(x):
        for _ in range(5):
            x = d * (w @ x)
        return x

    separate = torch.diag(d**5) @ torch.linalg.matrix_power(w, 5)
    return compare(separate, torch.linalg.matrix_power(torch.diag(d) @ w, 5), jacrev(five_times)(x))


def limit_by_modulus() -> Measurement:
    """Which eigenvalues' powers diverge, stay or vanish: by lambda and by |lambda|, against lambda^4000 itself."""
    values = [-1.5, -0.5, 0.5, 1.0, -1.0, 1.2, 1j, 0.9j]
    by_lambda = ["diverges" if complex(v).real > 1 else "stays 1" if v == 1 else "vanishes" for v in values]
    truth = [_behaviour(complex(v)) for v in values]
    wrong = lambda said: sum(a != b for a, b in zip(said, truth, strict=True)) / len(values)  # noqa: E731
    return Measurement(notes=wrong(by_lambda), corrected=wrong([power_limit(v) for v in values]))


def exponent_and_size() -> Measurement:
    """M^3 of a 4 x 4 matrix: with the exponent read as the size, and by its eigendecomposition."""
    m = random(4, 4, seed=1)
    eigenvalues, q = torch.linalg.eig(m)
    by_eigenvalues = (q @ torch.diag(eigenvalues**3) @ torch.linalg.inv(q)).real
    return compare(torch.linalg.matrix_power(m, len(m)), by_eigenvalues, m @ m @ m)


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
        kind="misread",
        title="two layouts, read as one",
        written=(
            r"z = x^T W^T",
            r"= W^T",
            r"\text{diag}(\sigma') \cdot W",
        ),
        notes="W^T (d x n, denominator layout, right) chained with diag(s') W (n x d, numerator layout, right)",
        corrected="one layout throughout: W and diag(s') W (numerator), or W^T and W^T diag(s') (denominator)",
        measure=mixed_layout,
    ),
    Slip(
        number=2,
        kind="print",
        title="symbols that mean something else",
        written=(
            r"z = (W_x)^T",
            r"M(q_1, \dots, q_n) = (MQ_1, \dots, MQ_n)",
        ),
        notes="W_x for W x, and Q_i, which reads as a row of Q, for its column q_i",
        corrected="M Q = (M q_1, ..., M q_n) with q_i the columns of Q",
        measure=columns_of_q,
    ),
    Slip(
        number=3,
        kind="choice",
        title="U and the biases come and go",
        written=(
            r"h_i = \sigma(W h_{i-1} + x_i)",
            r"\tilde{C}_t = \tanh(W_c h_{t-1} + U_c x_t)",
        ),
        notes="h_i = s(W h_{i-1} + x_i)",
        corrected="h_i = s(W h_{i-1} + U x_i + b)",
        measure=inputs_and_biases,
    ),
    Slip(
        number=11,
        kind="misread",
        title="an eigendecomposition, read as: for every M",
        written=(r"\text{Thus: } M = Q \Lambda Q^{-1}",),
        notes="M = Q L Q^-1 read as: for every M",
        corrected="only for a diagonalisable M; [[1,1],[0,1]]^100 has an entry 100",
        measure=every_matrix_diagonalisable,
    ),
    Slip(
        number=12,
        kind="slip",
        title="the power of a product",
        written=(r"\prod_{i=1}^n \text{diag}(\delta_i) W = \text{diag}(\delta_i)^n \cdot W^n",),
        notes="prod_i diag(d_i) W = diag(d)^n W^n, here even with all d_i = d",
        corrected="diag(d) and W do not commute: multiply out; equal if diag(d) is a multiple of I, or W is diagonal",
        measure=power_of_a_product,
    ),
    Slip(
        number=13,
        kind="slip",
        title="limits by lambda",
        written=(r"\infty & \text{if } \lambda_i > 1 \\ 1 & \text{if } \lambda_i = 1 \\ 0 & \text{else } < 1",),
        notes="lambda > 1 diverges, = 1 stays, else < 1 vanishes",
        corrected="by |lambda|; lambda = 1 stays, any other |lambda| = 1 has no limit",
        measure=limit_by_modulus,
    ),
    Slip(
        number=26,
        kind="slip",
        title="n as the exponent and as the size at once",
        written=(
            r"\text{Let } Q = (q_1, \dots, q_n)",
            r"M^n = Q \Lambda^n Q^{-1}",
        ),
        notes="M^n with n the number of eigenvectors",
        corrected="M of size d x d, Q = (q_1, ..., q_d), and M^n for any n",
        measure=exponent_and_size,
    ),
)
