"""The sheet in Markdown, with formulas between dollar signs."""

from collections.abc import Sequence

import numpy as np

from ..exercise import Exercise
from ..printing import array_text, stub, values


def sheet(exercises: Sequence[Exercise], seed: int, solutions: bool) -> str:
    """All tasks with this seed's numbers; with `solutions` also the derivations, functions, numbers and answers."""
    title = "Exercises and solutions" if solutions else "Exercises"
    parts = [f"# {title}", f"The numbers are those of seed {seed}."]
    for number, exercise in enumerate(exercises, 1):
        parts += section(exercise, seed, f"{number}. {exercise.title}")
        if solutions:
            parts += solution(exercise, seed)
    return "\n\n".join(parts) + "\n"


def section(exercise: Exercise, seed: int, heading: str) -> list[str]:
    """One task as paragraphs."""
    parts = [f"## {heading}", display_formulas(exercise.task)]
    parts += ["Numbers to compute by hand:", code(values(exercise.case(seed, 0)))]
    parts += ["The function to write:", code(stub(exercise))]
    parts += [f"**Question.** {question}" for question, _ in exercise.questions]
    return [*parts, f"Check it: `python -m pipeline exercise check {exercise.name} FILE.py`"]


def solution(exercise: Exercise, seed: int) -> list[str]:
    """The steps of the derivation, the function, the numbers and the answers in words."""
    parts = ["### Solution", "\n".join(f"{n}. {step}" for n, step in enumerate(exercise.steps, 1))]
    parts += [code(exercise.solution_source()), "With the numbers above:", code(result(exercise, seed))]
    return parts + [f"**{question}** {answer}" for question, answer in exercise.questions]


def result(exercise: Exercise, seed: int) -> str:
    """The right answer for the numbers on the sheet."""
    value = np.asarray(exercise.reference(**exercise.case(seed, 0)))
    return str(value) if value.dtype.kind == "U" else array_text(value)


def code(text: str) -> str:
    """A block of Python."""
    return f"```python\n{text}\n```"


def display_formulas(text: str) -> str:
    """Formulas on lines of their own become paragraphs, as Markdown readers want them."""
    return text.replace("\n$$", "\n\n$$").replace("$$\n", "$$\n\n")
