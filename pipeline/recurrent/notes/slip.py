"""One slip of the course notes, or passage easily misread: its form and the corrected one, both measured.

The reference is independent: autograd, a closed form or a multiplied-out product.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Measured in float64: a true identity is off by rounding alone, a slip by more than one part in a thousand.
HOLDS = 1e-10
FAILS = 1e-3


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Relative errors of both forms against the reference."""

    notes: float
    corrected: float

    @property
    def shown(self) -> bool:
        """Whether the notes' form fails and the corrected one holds."""
        return self.notes > FAILS and self.corrected < HOLDS


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A numbered slip."""

    number: int
    title: str
    notes: str
    """What the notes write; for a passage easily misread, `title` says as what."""
    corrected: str
    """What holds."""
    measure: Callable[[], Measured]
    """Both forms against autograd, a closed form or a multiplied-out product."""


def relative_error(found: Tensor, reference: Tensor) -> float:
    """|found - reference| / |reference| (Frobenius)."""
    return ((found - reference).norm() / reference.norm()).item()


def compare(notes: Tensor, corrected: Tensor, reference: Tensor) -> Measured:
    """Both forms against the reference."""
    return Measured(notes=relative_error(notes, reference), corrected=relative_error(corrected, reference))


def random(*shape: int, seed: int = 0) -> Tensor:
    """Normal float64 numbers from a seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
