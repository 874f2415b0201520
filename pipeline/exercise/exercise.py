"""What one exercise is: its task, its random inputs, its right answer and the mistakes that it knows by name."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Inputs = dict[str, Any]
"""The arguments of one call: arrays, numbers and words by name."""

SIZES = 10
"""How many inputs judge an answer; number 0 is the small one with whole numbers that is printed on the sheet."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A wrong answer with a name: a small change of the right one, told apart by its values."""

    name: str
    advice: str
    """What to change, in one sentence for the student."""
    form: Callable[..., np.ndarray | None]
    """The wrong answer for these inputs; None for inputs on which the mistake has no value."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A task, a generator of inputs, the right answer, and the mistakes known by name."""

    name: str
    subject: str
    """"convolution" or "recurrent"."""
    title: str
    task: str
    """Markdown with formulas between dollar signs."""
    arguments: dict[str, str]
    """What each argument is, by name."""
    returns: str
    inputs: Callable[[np.random.Generator, int], Inputs]
    """Random inputs: the generator and the size, 0 to SIZES - 1."""
    solve: Callable[..., np.ndarray]
    """A solution as a student would write it; its source is printed in the solutions."""
    reference: Callable[..., np.ndarray]
    """The right answer, which judges."""
    mistakes: tuple[Mistake, ...]
    steps: tuple[str, ...]
    """The derivation, step by step, in Markdown with formulas."""
    questions: tuple[tuple[str, str], ...] = ()
    """Questions to answer in words, each with its answer; no program judges these."""

    @property
    def signature(self) -> str:
        """The first line of the function that the student writes."""
        return f"def {self.function}({', '.join(self.arguments)}):"

    @property
    def function(self) -> str:
        """The name of the function that the student writes."""
        return self.name.replace("-", "_")

    def case(self, seed: int, size: int) -> Inputs:
        """The inputs of one size for this seed, the same at every call."""
        return self.inputs(np.random.default_rng([seed, size]), size)

    def cases(self, seed: int) -> list[Inputs]:
        """All inputs for this seed, the smallest first."""
        return [self.case(seed, size) for size in range(SIZES)]

    def solution_source(self) -> str:
        """The solution as Python source, under the name that the student's function has."""
        source = textwrap.dedent(inspect.getsource(self.solve))
        return source.replace(f"def {self.solve.__name__}(", f"def {self.function}(", 1).rstrip()


def whole_numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Whole numbers -3 to 3 without 0, as float64: small enough to compute with by hand."""
    return rng.integers(1, 4, shape) * rng.choice([-1.0, 1.0], shape)


def numbers(rng: np.random.Generator, size: int, *shape: int) -> np.ndarray:
    """Whole numbers for size 0, normal ones for the others."""
    return whole_numbers(rng, *shape) if size == 0 else rng.standard_normal(shape)
