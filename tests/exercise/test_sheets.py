"""The sheets: LaTeX compiles, notebooks run from top to bottom, solutions are right and the tasks give none away."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipeline.exercise.exercise import SIZES
from pipeline.exercise.registry import EXERCISES
from pipeline.exercise.sheets import latex, markdown
from pipeline.exercise.sheets.notebooks import NOTEBOOKS, as_json
from pipeline.exercise.sheets.write import write_sheets

ROOT = Path(__file__).parents[2]
ALL = list(EXERCISES.values())


def test_every_exercise_is_in_one_notebook():
    named = [name for notebook in NOTEBOOKS for name in notebook.exercises]
    assert sorted(named) == sorted(EXERCISES)
    assert [notebook.name for notebook in NOTEBOOKS] == ["layouts", "flip", "bptt", "lstm"]


def test_only_the_solutions_hold_solutions():
    for write in (markdown.sheet, latex.sheet):
        tasks, solved = write(ALL, 3, False), write(ALL, 3, True)
        assert all(exercise.solution_source() in solved for exercise in ALL)
        assert not any(exercise.solution_source().split("\n", 1)[1] in tasks for exercise in ALL)
    assert not any(step in markdown.sheet(ALL, 3, False) for exercise in ALL for step in exercise.steps)


def test_the_printed_solution_is_code_that_gives_the_reference():
    for exercise in ALL:
        space = {"np": np}
        exec(exercise.solution_source(), space)
        for size in range(SIZES):
            case = exercise.case(4, size)
            answer = space[exercise.function](**case)
            expected = exercise.reference(**case)
            assert answer == expected if isinstance(expected, str) else np.allclose(answer, expected)


def test_special_characters_are_escaped_outside_formulas():
    assert latex.prose("50 % of `a_b` and $x_1$ & {#}") == r"50 \% of \texttt{a\_b} and $x_1$ \& \{\#\}"
    assert latex.prose("see\n$$a_b$$\nhere") == "see\n\\[a_b\\]\nhere"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
@pytest.mark.parametrize("solutions", [False, True])
def test_latex_compiles(tmp_path, solutions):
    (tmp_path / "sheet.tex").write_text(latex.sheet(ALL, 0, solutions), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "sheet.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    assert (tmp_path / "sheet.pdf").stat().st_size > 10_000


@pytest.fixture(scope="module")
def printed():
    """What all cells of each notebook print: with solutions by its name, and the first without as "unsolved".

    They run in one kernel, one after the other; each begins without the names of the one before.
    """
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    texts = {each.name: as_json(each, 5, solutions=True) for each in NOTEBOOKS}
    texts["unsolved"] = as_json(NOTEBOOKS[0], 5, solutions=False)
    kernel = nbformat.v4.new_notebook()
    client = nbclient.NotebookClient(kernel, timeout=120, kernel_name="python3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
        with client.setup_kernel():
            return {name: run_cells(nbformat, client, text) for name, text in texts.items()}


def run_cells(nbformat, client, text) -> str:
    """Run a notebook's cells; the text that they print. An error in one ends the test."""
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    client.nb.cells = [nbformat.v4.new_code_cell("%reset -f"), *notebook.cells]
    for place, cell in enumerate(client.nb.cells):
        client.execute_cell(cell, place)
    outputs = [output for cell in client.nb.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output.output_type == "stream")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[notebook.name for notebook in NOTEBOOKS])
def test_a_notebook_runs_from_top_to_bottom(notebook, printed):
    for name in notebook.exercises:
        assert f"{name}: right\n" in printed[notebook.name]
    assert "False" not in printed[notebook.name]


def test_an_unsolved_notebook_runs_too(printed):
    assert printed["unsolved"].count("not answered yet") == len(NOTEBOOKS[0].exercises)


def test_the_files(tmp_path):
    written = write_sheets(tmp_path / "new", 0, True)
    assert len(written) == len(set(written)) == 12
    assert all(path.stat().st_size for path in written)
    first = json.loads((tmp_path / "new" / "layouts.ipynb").read_text(encoding="utf-8"))
    assert first["nbformat"] == 4
    assert "upload the project as a zip file" in first["cells"][0]["source"]
