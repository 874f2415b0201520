"""An exercise: its task, its random inputs, its right answer and its named mistakes."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Inputs = dict[str, Any]
"""The arguments of one call: arrays, numbers and words by name."""

SIZES = 10
"""Number of inputs on which an answer is checked; input 0 is the small one with whole numbers on the sheet."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A wrong answer with a name: a small change of the right one, recognised by its values."""

    name: str
    advice: str
    """What to change, in one sentence for the student."""
    form: Callable[..., np.ndarray | None]
    """The wrong answer for these inputs; None for inputs for which the mistake gives no answer."""


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
    """A description of each argument, by name."""
    returns: str
    inputs: Callable[[np.random.Generator, int], Inputs]
    """Random inputs: the generator and the size, 0 to SIZES - 1."""
    solve: Callable[..., np.ndarray]
    """A solution as a student would write it; its source is printed in the solutions."""
    reference: Callable[..., np.ndarray]
    """The right answer, with which answers are compared."""
    mistakes: tuple[Mistake, ...]
    steps: tuple[str, ...]
    """The derivation, step by step, in Markdown with formulas."""
    questions: tuple[tuple[str, str], ...] = ()
    """Questions to answer in words, each with its answer; they are not checked by a program."""

    @property
    def signature(self) -> str:
        """The first line of the function that the student writes."""
        return f"def {self.function}({', '.join(self.arguments)}):"

    @property
    def function(self) -> str:
        """The name of the function that the student writes."""
        return self.name.replace("-", "_")

    def case(self, seed: int, size: int) -> Inputs:
        """The inputs of one size for this seed; the same in every call."""
        return self.inputs(np.random.default_rng([seed, size]), size)

    def cases(self, seed: int) -> list[Inputs]:
        """All inputs for this seed, the smallest first."""
        return [self.case(seed, size) for size in range(SIZES)]

    def solution_source(self) -> str:
        """The solution as Python source, under the name of the student's function."""
        source = textwrap.dedent(inspect.getsource(self.solve))
        return source.replace(f"def {self.solve.__name__}(", f"def {self.function}(", 1).rstrip()


def whole_numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Whole numbers -3 to 3 without 0, as float64: small enough to compute with by hand."""
    return rng.integers(1, 4, shape) * rng.choice([-1.0, 1.0], shape)


def numbers(rng: np.random.Generator, size: int, *shape: int) -> np.ndarray:
    """Whole numbers for size 0, normal ones for the others."""
    return whole_numbers(rng, *shape) if size == 0 else rng.standard_normal(shape)
