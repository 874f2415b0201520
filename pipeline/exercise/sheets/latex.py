"""The sheet in LaTeX: one file that needs only amsmath."""

import re
from collections.abc import Sequence

from ..exercise import Exercise
from ..printing import stub, values
from .markdown import result

_HEAD = r"""\documentclass[a4paper,11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[margin=2.2cm]{geometry}
\usepackage{amsmath,amssymb}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\begin{document}
"""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "$": r"\$",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': r"{\char34}",
}
# A displayed formula, a formula, code; everything else is plain text.
_PIECES = re.compile(r"(\$\$.+?\$\$|\$.+?\$|`[^`]+`)", re.DOTALL)


def sheet(exercises: Sequence[Exercise], seed: int, solutions: bool) -> str:
    """The document: all tasks with this seed's numbers; with `solutions` also the derivations."""
    title = "Exercises and solutions" if solutions else "Exercises"
    parts = [_HEAD + rf"\section*{{{title}}}", f"The numbers are those of seed {seed}."]
    for number, exercise in enumerate(exercises, 1):
        parts += _section(exercise, seed, number)
        if solutions:
            parts += _solution(exercise, seed)
    return "\n\n".join(parts) + "\n\\end{document}\n"


def _section(exercise: Exercise, seed: int, number: int) -> list[str]:
    parts = [rf"\subsection*{{{number}. {plain(exercise.title)}}}", prose(exercise.task)]
    parts += ["Numbers to compute by hand:", verbatim(values(exercise.case(seed, 0)))]
    parts += ["The function to write:", verbatim(stub(exercise))]
    return parts + [rf"\textbf{{Question.}} {prose(question)}" for question, _ in exercise.questions]


def _solution(exercise: Exercise, seed: int) -> list[str]:
    steps = "\n".join(rf"\item {prose(step)}" for step in exercise.steps)
    parts = [r"\paragraph{Solution}", f"\\begin{{enumerate}}\n{steps}\n\\end{{enumerate}}"]
    parts += [verbatim(exercise.solution_source()), "With the numbers above:", verbatim(result(exercise, seed))]
    return parts + [rf"\textbf{{{prose(question)}}} {prose(answer)}" for question, answer in exercise.questions]


def prose(text: str) -> str:
    """Convert Markdown with formulas to LaTeX: formulas unchanged, code in typewriter, the rest escaped."""
    return "".join(_piece(piece) for piece in _PIECES.split(text))


def _piece(piece: str) -> str:
    if piece.startswith("$$"):
        return rf"\[{piece[2:-2]}\]"
    if piece.startswith("$") and len(piece) > 1:
        return piece
    if piece.startswith("`"):
        return rf"\texttt{{{plain(piece[1:-1])}}}"
    return plain(piece)


def plain(text: str) -> str:
    """The text with all of LaTeX's special characters escaped."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def verbatim(text: str) -> str:
    """The text as a verbatim block."""
    return f"{{\\footnotesize\\begin{{verbatim}}\n{text}\n\\end{{verbatim}}}}"
