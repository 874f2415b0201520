"""`recurrent notes`: the exercises with numbers, then every slip or misreading with its correction, both measured."""

import torch

from ..analysis.expansion import expand
from ..analysis.jacobians import elementwise, linear, step_jacobian
from ..analysis.products import JacobianProduct
from ..analysis.spectra import lyapunov_exponents, matrix_spectrum
from ..tables import aligned
from .network import lstm, rnn
from .slip import FAILS, HOLDS, KINDS, Slip, random
from .slips import SLIPS


def exercises() -> str:
    """Exercises 5-1 to 5-3 as text."""
    return "\n\n".join((layouts(), double_sum(), vanishing(), lstm_paths()))


def layouts() -> str:
    """5-1 (a): d s(W x)/dx in both layouts."""
    w, x = random(2, 3, seed=1), random(3, seed=2)
    slope = 1 - torch.tanh(w @ x) ** 2
    parts = [
        "Exercise 5-1 (a)  y = tanh(W x), W 2 x 3. One layout throughout:",
        f"  dz/dx of z = x^T W^T     numerator {tuple(linear(w).shape)}, "
        f"denominator {tuple(linear(w, 'denominator').shape)}",
        f"  dy/dx = diag(s') W       numerator {tuple(elementwise(slope, w).shape)}",
        *("    " + "  ".join(f"{value:+.4f}" for value in row) for row in elementwise(slope, w).tolist()),
    ]
    return "\n".join(parts)


def double_sum() -> str:
    """5-1 (b) and 5-2 (a): dL/dW over steps 0..3, each term once, with |G_{t,k}| and its share."""
    decomposition = rnn().decomposition()
    table = expand(3, decomposition).text()
    worst = decomposition.check().relative_errors["weight_hh_l0"]
    return (
        "Exercise 5-2 (a)  steps 0..3, L = sum_t |h_t|^2 / 2, D_i = diag(s'(a_i)), d+ the immediate partial:\n"
        f"{table}\n  {len(expand(3).terms)} terms; their sum against autograd: relative error {worst:.1e}\n"
        "  |G_tk| is the Frobenius norm. The share is the part of the term along the whole gradient g,\n"
        "  <G_tk, g> / |g|^2: the shares add up to 100 %, and one below 0 points against g."
    )


def vanishing() -> str:
    """5-2 (b), (c): the eigenvalues, singular values and exponents of a network."""
    net = rnn(hidden=8, steps=60, gain=1.2)
    spectrum, direction = matrix_spectrum(net.w), net.trajectory()
    exponent = lyapunov_exponents(direction, 1, dtype=torch.float64).exponents[0].item()
    norm = JacobianProduct(direction, 59, 0).log_norm()
    return (
        "Exercise 5-2 (b), (c)  does the gradient vanish? tanh RNN, H = 8, 60 steps:\n"
        f"  spectral radius of W      {spectrum.spectral_radius:.3f}   (does not decide)\n"
        f"  largest singular value    {spectrum.largest_singular_value:.3f}   (below 1 would be sufficient)\n"
        f"  finite-time exponent      {exponent:+.3f} per step   (decides: |dh_59/dh_0| = e^{norm:.1f})"
    )


def lstm_paths() -> str:
    """5-3: the direct and the indirect part of dC_t/dC_{t-1}."""
    net = lstm()
    direction = net.trajectory()
    jacobians = {kind: step_jacobian(direction, 4, kind) for kind in ("direct", "indirect", "full")}
    norms = {kind: torch.linalg.matrix_norm(jacobian, 2).item() for kind, jacobian in jacobians.items()}
    steps = {bias: _steps_to_forget(bias) for bias in (0, 1, 2, 3)}
    return (
        "Exercise 5-3 (c)  dC_t/dC_{t-1} of an LSTM, spectral norms at t = 4 (above 1 something can grow):\n"
        + "\n".join(f"  {kind:<9} {norm:.4f}" for kind, norm in norms.items())
        + "\n  f = 1 keeps. Steps until f^n < 0.001 at forget bias "
        + ", ".join(f"{bias}: {count}" for bias, count in steps.items())
    )


def _steps_to_forget(bias: float) -> int:
    keep, left, steps = torch.sigmoid(torch.tensor(float(bias))).item(), 1.0, 0
    while left >= 1e-3:
        left, steps = left * keep, steps + 1
    return steps


def slip_table(slips: tuple[Slip, ...] = SLIPS) -> tuple[str, bool]:
    """A table of measured slips, and whether every slip fails and its correction holds."""
    measured = [(slip, slip.measure()) for slip in slips]
    rows = [("no", "kind", "passage", "notes", "corrected", "shown")]
    rows += [
        (
            str(slip.number),
            slip.kind,
            slip.title,
            f"{m.notes:.1e}",
            f"{m.corrected:.1e}",
            "yes" if m.confirmed else "NO",
        )
        for slip, m in measured
    ]
    return f"{_head()}\n\n{aligned(rows)}", all(m.confirmed for _, m in measured)


def _head() -> str:
    """The explanation of the table's columns."""
    kinds = "\n".join(f"  {kind:<8} {meaning}" for kind, meaning in KINDS.items())
    return (
        "Passages of the notes. kind:\n"
        f"{kinds}\n"
        "notes, corrected: the relative error of each form against autograd or a closed form in float64.\n"
        f"shown: whether the notes' form is off by more than {FAILS:g} and the corrected one by less than {HOLDS:g}."
    )


def slip_text(number: int) -> str:
    """The full text of one slip."""
    slip = SLIPS[number - 1]
    m = slip.measure()
    about = (slip.measure.__doc__ or "").strip()
    return (
        f"{slip.number}. {slip.title}\n  kind       {slip.kind}: {KINDS[slip.kind]}\n"
        f"  written    {f'{chr(10)}             '.join(slip.written)}\n"
        f"  form       {slip.notes}\n  corrected  {slip.corrected}\n"
        f"  measured   {about}\n  error      notes {m.notes:.2e}, corrected {m.corrected:.2e}"
    )
