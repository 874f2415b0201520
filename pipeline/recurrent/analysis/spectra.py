"""Growth of gradients from the recurrent matrix and the trajectory: eigenvalues, singular values, exponents, bounds.

Eigenvalues of W do not decide whether gradients vanish; the finite-time Lyapunov exponents (1/T) log s_i of the product
of Jacobians along the trajectory do.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import RecurrentError
from ..passes.trajectory import DirectionTrajectory
from .singular_values import sweep_singular_values


@dataclass(frozen=True, kw_only=True)
class LyapunovSpectrum:
    """Finite-time exponents of one trajectory: growth by exp(exponent) per step; negative exponents mean decay."""

    exponents: Tensor
    """count, float64, natural logarithm per step, decreasing."""
    change: float
    """The largest change of an exponent between the last two sweeps."""
    sweeps: int
    converged: bool


def lyapunov_exponents(
    direction: DirectionTrajectory,
    count: int = 16,
    *,
    sample: int = 0,
    tolerance: float = 1e-3,
    max_sweeps: int = 8,
    every: int = 4,
    dtype: torch.dtype | None = None,
) -> LyapunovSpectrum:
    """The largest finite-time Lyapunov exponents (1/T) log s_i(J_T ... J_1) of one sequence.

    Alternates forward and transposed sweeps with QR until no exponent changes by more than `tolerance` (per step). QR
    is applied every `every` steps, and more often if the exponents are so far apart that the small ones would be lost;
    if even a single step separates them by more than the dtype resolves, `converged` is False. The count is limited to
    the size of the state. dtype: of the arithmetic; by default that of the trajectory (at least float32), or float64 if
    it does not resolve the exponents. Source: Benettin et al. 1980; Engelken, Wolf, Abbott 2023 for recurrent networks.
    """
    if count < 1 or every < 1:
        raise RecurrentError(f"count and every must be at least 1, not {count} and {every}")
    length, size = int(direction.lengths[sample]), direction.weights.state_size
    linear, count = direction.linearization.sample(sample), min(count, size)
    dtypes = [dtype] if dtype else [torch.promote_types(direction.h.dtype, torch.float32), torch.float64]
    for chosen in dict.fromkeys(dtypes):
        found = sweep_singular_values(
            linear.to(chosen), range(length), size, count, tolerance * length, max_sweeps, every=every
        )
        if found.resolved:
            break
    return LyapunovSpectrum(
        exponents=found.log_values / length,
        change=found.change / length,
        sweeps=found.sweeps,
        converged=found.converged and found.resolved,
    )


@dataclass(frozen=True, kw_only=True)
class MatrixSpectrum:
    """Eigenvalues, singular values and non-normality of a square matrix, which determine its powers."""

    eigenvalues: Tensor
    """n, complex, by decreasing modulus."""
    spectral_radius: float
    largest_singular_value: float
    departure: float
    """Henrici's departure from normality divided by |W|_F: 0 for a normal matrix, near 1 for a nilpotent one."""
    eigenvector_condition: float
    """kappa(Q) of W = Q L Q^-1; inf (or above 1e8 in practice) if W is not diagonalisable."""
    transient_growth: float
    """max over n <= 100 of |W^n|_2: far above 1 with a spectral radius below 1 if W is strongly non-normal."""


def matrix_spectrum(matrix: Tensor, powers: int = 100) -> MatrixSpectrum:
    """Eigenvalues, singular values and non-normality of a square matrix (n x n, any float dtype)."""
    m = _square(matrix)
    eigenvalues, vectors = torch.linalg.eig(m)
    frobenius = m.norm()
    departure = (frobenius**2 - eigenvalues.abs().square().sum()).clamp(min=0).sqrt() / frobenius.clamp_min(1e-300)
    return MatrixSpectrum(
        eigenvalues=eigenvalues[eigenvalues.abs().argsort(descending=True)],
        spectral_radius=eigenvalues.abs().max().item(),
        largest_singular_value=torch.linalg.matrix_norm(m, 2).item(),
        departure=departure.item(),
        eigenvector_condition=torch.linalg.cond(vectors).item(),
        transient_growth=math.exp(min(_transient(m, powers), 700.0)),
    )


def _transient(m: Tensor, powers: int) -> float:
    """max_n log |M^n|_2 over the powers, each renormalised."""
    current, log_scale, best = m, 0.0, -math.inf
    for _ in range(powers):
        norm = torch.linalg.matrix_norm(current, 2).item()
        if norm == 0:
            break
        log_scale += math.log(norm)
        best = max(best, log_scale)
        current = m @ (current / norm)
    return best


def _square(matrix: Tensor) -> Tensor:
    if matrix.dim() != 2 or matrix.shape[0] != matrix.shape[1]:
        raise RecurrentError(f"the matrix must be square, not {tuple(matrix.shape)}")
    if not torch.isfinite(matrix).all():
        raise RecurrentError("the matrix holds a NaN or an infinity: look at the run's first NaN before its spectrum")
    return matrix.detach().double().cpu()


def eigen_power(matrix: Tensor, n: int, max_condition: float = 1e8) -> Tensor:
    """M^n = Q L^n Q^-1 by eigendecomposition, d x d (complex if an eigenvalue is).

    Raises RecurrentError if kappa(Q) is above max_condition: M is not diagonalisable, or nearly so.
    """
    m = _square(matrix)
    eigenvalues, vectors = torch.linalg.eig(m)
    condition = torch.linalg.cond(vectors).item()
    if not condition <= max_condition:
        raise RecurrentError(
            f"M is not diagonalisable to working precision (kappa(Q) = {condition:.1e}): M^n = Q L^n Q^-1 does not "
            "hold; multiply M out (torch.linalg.matrix_power)"
        )
    power = vectors @ torch.diag(eigenvalues**n) @ torch.linalg.inv(vectors)
    return power if power.imag.abs().max() > 1e-9 * power.abs().max() else power.real


def power_limit(eigenvalue: complex, tolerance: float = 1e-12) -> str:
    """The limit of lambda^n, by the MODULUS |lambda|: "vanishes", "diverges", "stays 1" or "no limit" (modulus 1)."""
    modulus = abs(eigenvalue)
    if modulus < 1 - tolerance:
        return "vanishes"
    if modulus > 1 + tolerance:
        return "diverges"
    return "stays 1" if abs(eigenvalue - 1) <= tolerance else "no limit"


def log_gradient_bound(weight_hh: Tensor, lags: Tensor, slope: float = 1.0) -> Tensor:
    """log of the bound |dh_t/dh_k|_2 <= (slope * s_1(W))^(t-k) of a vanilla RNN, float64, for each lag t - k.

    slope: the largest |s'|, 1 for tanh and ReLU, 1/4 for the logistic function. A base below 1 is SUFFICIENT for
    vanishing; a base above 1 is necessary but not sufficient for exploding (Pascanu, Mikolov, Bengio 2013).
    """
    base = slope * torch.linalg.matrix_norm(weight_hh.detach().double(), 2)
    return lags.double() * base.log().cpu()
