"""A notebook: text and code, then the exercises, each with a cell that checks the answer."""

import json
from dataclasses import dataclass

from ...exercise import Exercise
from ...printing import stub, values
from ...registry import find
from ..markdown import display_formulas, result

_OPENING = """To open this file on your own machine: `pip install notebook`, then `jupyter notebook`. In a hosted
notebook, upload this file, and upload the project as a zip file beside it; then remove the `#` in the first cell and
run it. Run the cells from top to bottom."""
_INSTALL = """# !unzip -q project.zip -d project && pip install -q "./project[pipeline]"
from importlib.util import find_spec

assert find_spec("pipeline"), "the project is not installed: see the text above"
"""
_IMPORTS = "import numpy as np\n\nfrom pipeline.exercise.trying import try_answer"


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """File name without ending, title, cells before the exercises, and names of the exercises."""

    name: str
    title: str
    cells: tuple[str, ...]
    """Code if the first line is `# code`, Markdown otherwise."""
    exercises: tuple[str, ...]


def as_json(notebook: Notebook, seed: int, solutions: bool) -> str:
    """The notebook in Jupyter's format 4.5, without outputs."""
    cells = [_markdown(f"# {notebook.title}\n\n{_OPENING}"), _code(_INSTALL)]
    cells += [_code(c.split("\n", 1)[1]) if c.startswith("# code\n") else _markdown(c) for c in notebook.cells]
    cells += [_markdown("# Exercises"), _code(_IMPORTS)]
    for name in notebook.exercises:
        cells += _exercise(find(name), seed, solutions)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _exercise(exercise: Exercise, seed: int, solutions: bool) -> list[dict]:
    task = f"## {exercise.title}\n\n{display_formulas(exercise.task)}"
    task += "".join(f"\n\n**Question.** {question}" for question, _ in exercise.questions)
    numbers = f"Numbers to compute by hand (seed {seed}):\n\n```\n{values(exercise.case(seed, 0))}\n```"
    cells = [_markdown(task), _markdown(numbers)]
    if solutions:
        steps = "\n".join(f"{n}. {step}" for n, step in enumerate(exercise.steps, 1))
        answers = "".join(f"\n\n**{question}** {answer}" for question, answer in exercise.questions)
        by_hand = f"\n\nWith the numbers above:\n\n```\n{result(exercise, seed)}\n```"
        cells += [_markdown(f"### Solution\n\n{steps}{by_hand}{answers}"), _code(exercise.solution_source())]
    else:
        cells.append(_code(stub(exercise).split("\n\n\n", 1)[1]))
    return [*cells, _code(f"try_answer({exercise.function}, seed={seed})")]


def _markdown(text: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str) -> dict:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": text.strip("\n")}
