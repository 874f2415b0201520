"""M^n by the eigendecomposition, exercise 5-2 (b)."""

import numpy as np

from ..exercise import Exercise, Inputs, Mistake


def solve(M, n):
    """M^n, d x d."""
    eigenvalues, Q = np.linalg.eig(M)
    return (Q @ np.diag(eigenvalues**n) @ np.linalg.inv(Q)).real


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    if size == 0:  # whole numbers throughout: Q has determinant 1
        q = np.array([[1.0, 1.0], [1.0, 2.0]]) @ np.array([[1.0, float(rng.integers(-2, 3))], [0.0, 1.0]])
        eigenvalues = rng.permutation([2.0, -1.0, 3.0])[:2]
        return {"M": np.rint(q @ np.diag(eigenvalues) @ np.linalg.inv(q)), "n": 3}
    width = int(rng.integers(2, 5))
    eigenvalues = rng.permutation([-1.3, 0.6, 1.1, -0.8])[:width]
    q = np.eye(width) + 0.4 * rng.standard_normal((width, width)) / width
    return {"M": q @ np.diag(eigenvalues) @ np.linalg.inv(q), "n": int(rng.integers(2, 6))}


def _by_eigen(change):
    """Q f(Lambda) Q^-1 with the three parts passed through `change`, which multiplies them."""

    def form(M, n):
        eigenvalues, q = np.linalg.eig(M)
        return np.real(change(eigenvalues, q, np.linalg.inv(q), n))

    return form


_moduli = _by_eigen(lambda e, q, inverse, n: q @ np.diag(np.abs(e) ** n) @ inverse)

MISTAKES = (
    Mistake(
        name="Q transposed for Q inverse",
        advice="Q^-1 = Q^T holds only for orthonormal eigenvectors, as those of a symmetric M; invert Q.",
        form=_by_eigen(lambda e, q, inverse, n: q @ np.diag(e**n) @ q.T),
    ),
    Mistake(
        name="Q and its inverse exchanged",
        advice="M q_i = lambda_i q_i gives M Q = Q L, so M = Q L Q^-1 with Q on the left.",
        form=_by_eigen(lambda e, q, inverse, n: inverse @ np.diag(e**n) @ q),
    ),
    Mistake(
        name="eigenvalues times n",
        advice="The eigenvalues are raised to the power n, not multiplied by n.",
        form=_by_eigen(lambda e, q, inverse, n: q @ np.diag(e * n) @ inverse),
    ),
    Mistake(
        name="the factors Q forgotten",
        advice="The powers of the eigenvalues alone are M^n in another basis; multiply by Q and Q^-1.",
        form=_by_eigen(lambda e, q, inverse, n: np.diag(e**n)),
    ),
    Mistake(
        name="Q and its inverse raised too",
        advice="Between the factors Q^-1 Q = I drops out: only the eigenvalues are raised to the power n.",
        form=_by_eigen(
            lambda e, q, inverse, n: np.linalg.matrix_power(q, n) @ np.diag(e**n) @ np.linalg.matrix_power(inverse, n)
        ),
    ),
    Mistake(
        name="modulus of the eigenvalues",
        advice="Negative eigenvalues keep their sign: raise lambda itself, not its modulus.",
        form=lambda M, n: _moduli(M, n) if n % 2 else None,
    ),
    Mistake(
        name="one power too few",
        advice="This is M^(n-1).",
        form=lambda M, n: np.linalg.matrix_power(M, n - 1),
    ),
    Mistake(
        name="one power too many",
        advice="This is M^(n+1).",
        form=lambda M, n: np.linalg.matrix_power(M, n + 1),
    ),
    Mistake(
        name="entries raised instead of the matrix",
        advice="This raises each entry of M separately (M ** n); a matrix power multiplies matrices.",
        form=lambda M, n: M**n,
    ),
)

EXERCISE = Exercise(
    name="matrix-power",
    subject="recurrent",
    title="M^n by the eigendecomposition, 5-2 (b)",
    task=(
        "Let $M$ be diagonalisable, $M = Q \\Lambda Q^{-1}$. Prove $M^n = Q \\Lambda^n Q^{-1}$ by induction, base "
        "included, compute it for the numbers below, and write it as a function."
    ),
    arguments={"M": "a diagonalisable matrix with real eigenvalues, d x d", "n": "the exponent, a whole number"},
    returns="M^n, d x d",
    inputs=_inputs,
    solve=solve,
    reference=lambda M, n: np.linalg.matrix_power(M, n),
    mistakes=MISTAKES,
    steps=(
        "Let $q_1, \\ldots, q_d$ be linearly independent eigenvectors, $M q_i = \\lambda_i q_i$, and $Q = (q_1, "
        "\\ldots, q_d)$. Then $M Q = (\\lambda_1 q_1, \\ldots, \\lambda_d q_d) = Q \\Lambda$, and $M = Q \\Lambda "
        "Q^{-1}$ because $Q$ is invertible.",
        "Base $n = 0$: $M^0 = I = Q \\Lambda^0 Q^{-1}$.",
        "Step: if $M^k = Q \\Lambda^k Q^{-1}$ then $M^{k+1} = M M^k = Q \\Lambda Q^{-1} Q \\Lambda^k Q^{-1} = Q "
        "\\Lambda^{k+1} Q^{-1}$.",
        "The size $d$ of the matrix and the exponent $n$ are different numbers; do not write both as $n$.",
        "Not every matrix is diagonalisable. The powers of the matrix with rows $(1, 1)$ and $(0, 1)$ have $n$ in the "
        "corner, though its eigenvalues are 1.",
    ),
)
