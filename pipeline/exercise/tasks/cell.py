"""An LSTM step in numpy and the parts of its Jacobians. Gates in the order f, i, o, c of the course notes."""

from dataclasses import dataclass

import numpy as np

from ..exercise import Inputs, numbers

GATES = "W, U and b hold the forget gate, the input gate, the output gate and the candidate, in this order."


def sigmoid(a: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-a))


def inputs(rng: np.random.Generator, size: int, steps: int | None = None) -> Inputs:
    """x (D, or steps x D), and W (4 x H x H), U (4 x H x D), b (4 x H)."""
    hidden, width = (2, 1) if size == 0 else (int(n) for n in rng.integers(2, 5, 2))
    scale = 0.5 if size == 0 else 1.0
    shapes = {
        "x": (width,) if steps is None else (steps, width),
        "W": (4, hidden, hidden),
        "U": (4, hidden, width),
        "b": (4, hidden),
    }
    return {name: scale * numbers(rng, size, *shape) for name, shape in shapes.items()}


def gates(x, h, W, U, b):
    """f, i, o and the candidate, H each."""
    a = W @ h + U @ x + b
    return (*sigmoid(a[:3]), np.tanh(a[3]))


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of the Jacobians of one step; vectors of H and matrices H x H."""

    C: np.ndarray
    """The cell before the step."""
    C_after: np.ndarray
    f: np.ndarray
    i: np.ndarray
    o: np.ndarray
    c: np.ndarray
    """The candidate."""
    W: np.ndarray

    @classmethod
    def of(cls, x, h, C, W, U, b) -> "Parts":
        """The parts of the step from (h, C) with input x."""
        f, i, o, c = gates(x, h, W, U, b)
        return cls(C=C, C_after=f * C + i * c, f=f, i=i, o=o, c=c, W=W)

    @property
    def terms(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """dC_t/dh_{t-1} at fixed C through the forget gate, the input gate and the candidate; their sum is A_t."""
        rows = (self.C * self.f * (1 - self.f), self.c * self.i * (1 - self.i), self.i * (1 - self.c**2))
        return tuple(row[:, None] * self.W[gate] for row, gate in zip(rows, (0, 1, 3), strict=True))

    @property
    def state(self) -> np.ndarray:
        """d(h_t, C_t)/d(h_{t-1}, C_{t-1}), 2H x 2H."""
        A, tanh = sum(self.terms), np.tanh(self.C_after)
        through = self.o * (1 - tanh**2)
        B = (tanh * self.o * (1 - self.o))[:, None] * self.W[2] + through[:, None] * A
        return np.block([[B, np.diag(through * self.f)], [A, np.diag(self.f)]])


def hidden_slope(C, o) -> np.ndarray:
    """The diagonal of dh/dC for h = o tanh(C)."""
    return o * (1 - np.tanh(C) ** 2)
