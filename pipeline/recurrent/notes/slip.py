"""A slip of the course notes, or a passage that is easily misread: its words, its form and the corrected one, measured.

The reference is independent: autograd, a closed form or a multiplied-out product.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# In float64: a true identity is off only by rounding, a slip by more than one part in a thousand.
HOLDS = 1e-10
FAILS = 1e-3


KINDS = {
    "slip": "as written it is false",
    "misread": "as written it is right, and easily read as something false",
    "print": "the print is broken; what is measured is a guess at what was meant",
    "choice": "a convention, which is not kept throughout",
    "gap": "something that has to be said is not said",
}


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Relative errors of both forms against the reference."""

    notes: float
    corrected: float

    @property
    def confirmed(self) -> bool:
        """Whether the notes' form fails and the corrected one holds."""
        return self.notes > FAILS and self.corrected < HOLDS


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A numbered slip."""

    number: int
    kind: str
    """A key of KINDS."""
    title: str
    written: tuple[str, ...]
    """The notes' own words in LaTeX, verbatim; several if the slip is between passages."""
    notes: str
    """The measured form in plain characters: what the words say, or how they are read."""
    corrected: str
    """The correct form."""
    measure: Callable[[], Measurement]
    """Both forms against autograd, a closed form or a multiplied-out product."""


def relative_error(found: Tensor, reference: Tensor) -> float:
    """|found - reference| / |reference| (Frobenius)."""
    return ((found - reference).norm() / reference.norm()).item()


def compare(notes: Tensor, corrected: Tensor, reference: Tensor) -> Measurement:
    """Both forms against the reference."""
    return Measurement(notes=relative_error(notes, reference), corrected=relative_error(corrected, reference))


def random(*shape: int, seed: int = 0) -> Tensor:
    """Normal random numbers from a seed, float64."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
