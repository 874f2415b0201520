"""Slips about back-propagation through time: 4 to 10, 14, 15, 25, 27 and 28."""

import math
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import jacrev

from ..analysis.expansion import expand
from ..analysis.products import JacobianProduct
from ..passes.modules import cell_weights
from ..passes.trajectory import trace
from .network import SmallNet, rnn
from .slip import Measurement, Slip, compare

# How often each (t, k) occurs in the notes' table for T = 3 (steps 0..3); (3, 3) is missing.
NOTES_TABLE = {
    (0, 0): 1,
    (1, 0): 1,
    (1, 1): 1,
    (2, 0): 2,
    (2, 1): 1,
    (2, 2): 1,
    (3, 0): 4,
    (3, 1): 2,
    (3, 2): 1,
}


def total_for_immediate() -> Measurement:
    """sum_k dh_t/dh_k dh_k/dW with the total dh_k/dW and with the immediate one, against autograd's dh_3/dW."""
    net = rnn()
    states = torch.cat([net.h0[None], net.module_states()])

    def state_of(w: Tensor, step: int) -> Tensor:
        h = net.h0
        for x in net.x[: step + 1]:
            h = torch.tanh(w @ h + net.u @ x + net.b)
        return h

    def immediate(w: Tensor, step: int) -> Tensor:
        return torch.tanh(w @ states[step] + net.u @ net.x[step] + net.b)

    total = [jacrev(lambda w, s=s: state_of(w, s))(net.w) for s in range(4)]
    at_fixed = [jacrev(lambda w, s=s: immediate(w, s))(net.w) for s in range(4)]
    summed = lambda parts: sum(torch.tensordot(net.product(3, k), parts[k], dims=1) for k in range(4))  # noqa: E731
    return compare(summed(total), summed(at_fixed), total[3])


def sum_for_product() -> Measurement:
    """dh_3/dh_0 as the sum and as the product of the step Jacobians."""
    net = rnn()
    steps = [net.trajectory().linearization.jacobian(i) for i in (1, 2, 3)]
    return compare(steps[0] + steps[1] + steps[2], steps[2] @ steps[1] @ steps[0], net.state_jacobian(3, 0))


def base_case() -> Measurement:
    """dL/dW with h_0 as given (without its own use of W) and with h_0 = s(W h_{-1} + ...)."""
    net = rnn()
    decomposition = net.decomposition()
    total = decomposition.total("weight_hh_l0")
    first = sum(decomposition.term("weight_hh_l0", t, 0) for t in range(4))
    return compare(total - first, total, net.gradient())


def number_of_terms() -> Measurement:
    """The number of terms for steps 0..3: in the notes' table and in `expand(3)`, against the pairs k <= t."""
    pairs = sum(1 for t in range(4) for k in range(4) if k <= t)
    wrong = lambda count: abs(count - pairs) / pairs  # noqa: E731
    return Measurement(notes=wrong(sum(NOTES_TABLE.values())), corrected=wrong(len(expand(3).terms)))


def _summed(net: SmallNet, counts: dict[tuple[int, int], int]) -> Tensor:
    decomposition = net.decomposition()
    terms = [count * decomposition.term("weight_hh_l0", t, k) for (t, k), count in counts.items()]
    return torch.stack(terms).sum(0)


def _each_once() -> dict[tuple[int, int], int]:
    return {(term.t, term.k): 1 for term in expand(3).terms}


def repeated_and_missing() -> Measurement:
    """The sum of the notes' table (repeats, no (3,3)) and of each pair once, against autograd."""
    net = rnn()
    return compare(_summed(net, NOTES_TABLE), _summed(net, _each_once()), net.gradient())


def unequal_displays() -> Measurement:
    """The notes' table, and our sum, against their next display (each pair once), which they join by "="."""
    net = rnn()
    w, steps = net.w, net.trajectory().linearization.coefficients["slope"][:, 0]
    states, before = net.module_states(), torch.cat([net.h0[None], net.module_states()])
    display = torch.zeros_like(w)
    for t in range(4):
        row = states[t]
        for k in range(t, -1, -1):  # dL_t/dh_t D_t W ... D_{k+1} W d+h_k/dW, written out
            display += torch.outer(row * steps[k], before[k])
            row = (row * steps[k]) @ w
    return compare(_summed(net, NOTES_TABLE), _summed(net, _each_once()), display)


def power_of_one_factor() -> Measurement:
    """dh_3/dh_0 as [D_3 W]^3 and as D_3 W D_2 W D_1 W."""
    net = rnn()
    j1, j2, j3 = (net.trajectory().linearization.jacobian(i) for i in (1, 2, 3))
    return compare(torch.linalg.matrix_power(j3, 3), j3 @ j2 @ j1, net.state_jacobian(3, 0))


def spectrum_decides() -> Measurement:
    """log growth over 30 steps of a ReLU net with spectral radius 0.5: by its eigenvalues, and by the product."""
    module, x = switching_relu_net()
    direction = trace(module, x).direction()
    ahead = jacrev(lambda h: module(x[1:], h[None, None])[1][0, 0])(direction.h[0, 0])
    growth = torch.linalg.matrix_norm(ahead, 2).log().item()
    w = cell_weights(module)[0][0].weight_hh.detach()
    by_eigenvalues = 30 * math.log(torch.linalg.eigvals(w).abs().max().item())
    by_product = JacobianProduct(direction, 30, 0).log_norm()
    error = lambda found: abs(found - growth) / abs(growth)  # noqa: E731
    return Measurement(notes=error(by_eigenvalues), corrected=error(by_product))


def switching_relu_net() -> tuple[nn.RNN, Tensor]:
    """A ReLU nn.RNN with eigenvalues +-0.5 whose dh_30/dh_0 has an entry of modulus 2^30 exactly.

    The input activates unit 0 and unit 1 in turn, so the product picks b, c, b, c, ... = 2, -2, ... from W. Returns the
    module and its input (31 x 1 x 2).
    """
    module = nn.RNN(2, 2, nonlinearity="relu", bias=False, device="meta").to_empty(device="cpu").double()
    corner = math.sqrt(4.25)  # corner^2 + b c = 0.25 with b c = -4: the eigenvalues are +-0.5
    with torch.no_grad():
        weights = cell_weights(module)[0][0]
        weights.weight_hh.copy_(torch.tensor([[corner, 2.0], [-2.0, -corner]], dtype=torch.float64))
        weights.weight_ih.copy_(torch.eye(2, dtype=torch.float64))
    # An input so large that only it decides which unit is active; it grows like the state.
    size = 100.0 * 5.0 ** torch.arange(31, dtype=torch.float64)
    sign = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64).repeat(16, 1)[:31]
    return module, (size[:, None] * sign)[:, None]


def all_vanishes() -> Measurement:
    """dL/dW of a contracting network over 200 steps: as 0, and as the sum of the terms with a lag below 60."""
    net = rnn(steps=200, gain=0.5)
    short = net.decomposition().tbptt("weight_hh_l0", 60)
    reference = net.gradient()
    return compare(torch.zeros_like(reference), short, reference)


def sum_that_goes_on() -> Measurement:
    """dL/dW of the losses 0 to 4, which the dots suggest, and of the losses 0 to 3."""
    longer = rnn(steps=5)
    net = replace(longer, x=longer.x[:4])
    return compare(longer.gradient(), net.decomposition().total("weight_hh_l0"), net.gradient())


def lower_limit() -> Measurement:
    """dh_3/dh_1 as the product of the Jacobians 1 to 3, and of the Jacobians 2 and 3."""
    net = rnn()
    j1, j2, j3 = (net.trajectory().linearization.jacobian(i) for i in (1, 2, 3))
    return compare(j3 @ j2 @ j1, j3 @ j2, net.state_jacobian(3, 1))


def row_or_column() -> Measurement:
    """dL_3/dh_2 as J_3 times a column and as a row times J_3 (numerator layout)."""
    net = rnn()
    h, j = net.module_states(), net.trajectory().linearization.jacobian(3)
    reference = h[3] @ net.state_jacobian(3, 2)
    return compare(j @ h[3], h[3] @ j, reference)


SLIPS = (
    Slip(
        number=4,
        kind="misread",
        title="one symbol for the total and the immediate dh_k/dW",
        written=(r"\underbrace{\frac{\partial h_k}{\partial W}}_{\text{trivial}}",),
        notes="dL_t/dh_t dh_t/dh_k dh_k/dW, summed over k",
        corrected="d+h_k/dW in the sum: h_{k-1} held fixed; the total one counts paths again and again",
        measure=total_for_immediate,
    ),
    Slip(
        number=5,
        kind="slip",
        title="a sum for the product of Jacobians",
        written=(r"\sum_{i=1}^t [\text{diag}(\sigma'(W_i^T x)) W]",),
        notes="sum_i diag(s'(W_i^T x)) W",
        corrected="prod_{i=t..k+1} diag(s'(a_i)) W, latest factor leftmost, a_i = W h_{i-1} + U x_i + b",
        measure=sum_for_product,
    ),
    Slip(
        number=6,
        kind="gap",
        title="the base case is not stated",
        written=(r"\frac{\partial h_0}{\partial W}",),
        notes="dh_0/dW appears and h_0 is not defined",
        corrected="h_0 = s(W h_{-1} + U x_0 + b), h_{-1} given: d+h_0/dW is 0 if h_{-1} is, or if s' is (a dead ReLU)",
        measure=base_case,
    ),
    Slip(
        number=7,
        kind="slip",
        title="14 terms where there are 10",
        written=(
            r"\frac{\partial L_2}{\partial h_2} \frac{\partial h_2}{\partial h_0} \frac{\partial "
            r"h_0}{\partial W} + \frac{\partial L_2}{\partial h_2} \frac{\partial h_2}{\partial h_1} "
            r"\frac{\partial h_1}{\partial h_0} \frac{\partial h_0}{\partial W}",
        ),
        notes="T = 3 written out with 14 terms",
        corrected="steps 0..3 have (T+1)(T+2)/2 = 10 terms",
        measure=number_of_terms,
    ),
    Slip(
        number=8,
        kind="slip",
        title="one term missing, some repeated",
        written=(
            r"\frac{\partial h_3}{\partial h_2} \frac{\partial h_2}{\partial h_2} \frac{\partial "
            r"h_2}{\partial W} \quad (t=3)",
        ),
        notes="(3,3) is absent; (2,0), (3,1) stand twice and (3,0) four times",
        corrected="each pair k <= t once",
        measure=repeated_and_missing,
    ),
    Slip(
        number=9,
        kind="slip",
        title='an "=" between displays that are not equal',
        written=(r"= \frac{\partial L_0}{\partial h_0} \cdot \frac{\partial h_0}{\partial W}",),
        notes="the table with repeats = the table in powers",
        corrected="the sum over each pair once equals the written-out chain",
        measure=unequal_displays,
    ),
    Slip(
        number=10,
        kind="slip",
        title="a power where the diagonals differ",
        written=(r"[\text{diag}(\sigma') W]^3",),
        notes="[diag(s') W]^3",
        corrected="diag(s'(a_3)) W diag(s'(a_2)) W diag(s'(a_1)) W",
        measure=power_of_one_factor,
    ),
    Slip(
        number=14,
        kind="misread",
        title="powers of W, read as: the spectrum decides",
        written=(r"W^n = Q \Lambda^n Q^{-1} \Rightarrow \Lambda^n",),
        notes="W^n = Q L^n Q^-1 read as: the gradient grows or vanishes as lambda_i^n",
        corrected="the singular values of the product of Jacobians decide: finite-time exponents (1/T) log s_i",
        measure=spectrum_decides,
    ),
    Slip(
        number=15,
        kind="misread",
        title="a limit, read as: all of the gradient vanishes",
        written=(
            r"\lim_{n \rightarrow \infty} \lambda_i^n",
            r"0 & \text{else } < 1",
        ),
        notes="lim_{n -> inf} lambda_i^n = ... 0 else < 1",
        corrected="only the long-range terms go to 0 with it; the short-range terms stay in the sum",
        measure=all_vanishes,
    ),
    Slip(
        number=25,
        kind="gap",
        title="row or column for dL/dh",
        written=(r"\frac{\partial L_t}{\partial h_t} \frac{\partial h_t}{\partial h_k}",),
        notes="dL_t/dh_t dh_t/dh_k with dL_t/dh_t read as a column, as in the layout of dz/dx = W^T",
        corrected="a row (1 x H) on the left in numerator layout, a column on the right in denominator layout",
        measure=row_or_column,
    ),
    Slip(
        number=27,
        kind="slip",
        title='"+ ..." after a finite sum',
        written=(r"\frac{\partial L_3}{\partial h_3} \frac{\partial h_3}{\partial W} + \dots",),
        notes="the sum for T = 3 goes on with the terms of t = 4",
        corrected="for T = 3 the sum ends with (t, k) = (3, 3), its tenth term",
        measure=sum_that_goes_on,
    ),
    Slip(
        number=28,
        kind="slip",
        title="the lower limit i = 1 for every k",
        written=(r"\sum_{i=1}^t [\text{diag}(\sigma'(W_i^T x)) W]",),
        notes="dh_t/dh_k over i = 1 .. t",
        corrected="i = k + 1 .. t; only for k = 0 does the product begin at i = 1",
        measure=lower_limit,
    ),
)
