"""Write the sheets and notebooks into a folder."""

from pathlib import Path

from pipeline.core.files import write_text

from ..registry import EXERCISES
from . import latex, markdown
from .notebooks import NOTEBOOKS, as_json


def write_sheets(folder: Path, seed: int, solutions: bool) -> list[Path]:
    """exercises.md, exercises.tex and four notebooks; with `solutions` the same again as *-solutions.*.

    Raises UserError if the folder cannot be written.
    """
    exercises, written = list(EXERCISES.values()), []
    for solved in (False, True) if solutions else (False,):
        ending = "-solutions" if solved else ""
        texts = {
            f"exercises{ending}.md": markdown.sheet(exercises, seed, solved),
            f"exercises{ending}.tex": latex.sheet(exercises, seed, solved),
        }
        texts |= {f"{notebook.name}{ending}.ipynb": as_json(notebook, seed, solved) for notebook in NOTEBOOKS}
        written += [write_text(folder / name, text) for name, text in texts.items()]
    return written
