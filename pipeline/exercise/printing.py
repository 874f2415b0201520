"""Tasks and verdicts as text, JSON and CSV."""

import csv
import io
import json
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from .checking import CheckedFile
from .exercise import Exercise, Inputs
from .judging import Answer, FailedCall, Verdict
from .running.run import printable

WIDTH = 100


def listing(exercises: Sequence[Exercise]) -> str:
    """One line per exercise, by subject."""
    width = max(len(exercise.name) for exercise in exercises)
    lines: list[str] = []
    for subject in dict.fromkeys(exercise.subject for exercise in exercises):
        lines += ["", f"{subject}:"] if lines else [f"{subject}:"]
        lines += [f"  {e.name:<{width}}  {e.title}" for e in exercises if e.subject == subject]
    return "\n".join(lines)


def task(exercise: Exercise, seed: int) -> str:
    """The task with the numbers of this seed and the function to write."""
    parts = [exercise.title, "=" * len(exercise.title), "", wrap(exercise.task), ""]
    parts += [f"Numbers to compute by hand (seed {seed}):", indent(values(exercise.case(seed, 0))), ""]
    parts += ["Write this function into a file of your own:", "", indent(stub(exercise)), ""]
    parts += [wrap(f"Question: {question}") for question, _ in exercise.questions]
    return "\n".join(parts).rstrip()


def stub(exercise: Exercise) -> str:
    """The function to fill in, with one line per argument."""
    about = [f"    # {name}: {text}" for name, text in exercise.arguments.items()]
    about.append(f"    # returns {exercise.returns}")
    return "\n".join(["import numpy as np", "", "", exercise.signature, *about, "    ..."])


def wrap(text: str) -> str:
    """Paragraphs wrapped at WIDTH; displayed formulas are on separate lines."""
    return "\n".join(textwrap.fill(line, WIDTH) for line in text.split("\n"))


def indent(text: str) -> str:
    """Four spaces before each line that is not empty."""
    return textwrap.indent(text, "    ")


def values(inputs: Inputs) -> str:
    """`name = value` for each input; arrays take several lines."""
    return "\n".join(_assignment(name, value) for name, value in inputs.items())


def _assignment(name: str, value: object) -> str:
    if isinstance(value, np.ndarray):
        return textwrap.indent(array_text(value), " " * (len(name) + 3))[len(name) + 3 :].join((f"{name} = ", ""))
    return f"{name} = {value!r}"


def array_text(array: np.ndarray) -> str:
    """The array with four digits and commas, so that it can be pasted into Python; whole numbers without decimals."""
    array = array.astype(int) if _whole(array) else array
    return np.array2string(
        array, precision=4, suppress_small=True, separator=", ", max_line_width=WIDTH - 8, threshold=400
    )


def _whole(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" and bool((array == np.rint(array)).all() and (np.abs(array) < 1e9).all())


def text(exercise: Exercise, checked: CheckedFile) -> str:
    """The verdict on one file as text."""
    verdict, name = checked.verdict, printable(checked.file.name)
    head = f"{name}: {summary(verdict)}"
    failing = verdict.failing
    if failing is None:
        return f"{head}, {verdict.cases} of {verdict.cases} inputs"
    lines = [head, wrap(verdict.advice)] if verdict.advice else [head]
    lines.append(f"right on {verdict.right_cases} of {verdict.cases} inputs; the smallest that fails:")
    lines += [indent(values(failing.inputs))]
    lines += ["expected:", indent(_answer(failing.expected)), "your answer:"]
    lines += [indent(_answer(failing.answer))]
    return "\n".join([*lines, f"The task: python -m pipeline exercise show {exercise.name}"])


def summary(verdict: Verdict) -> str:
    """The verdict in a few words: right, the mistake's name, or what went wrong."""
    words = {
        "right": "right",
        "mistake": f"mistake: {verdict.mistake}",
        "wrong": "wrong, but not by a known mistake",
        "error": "the function fails",
        "stopped": "stopped by a limit",
    }
    return words[verdict.outcome]


def _answer(answer: Answer) -> str:
    return answer.reason if isinstance(answer, FailedCall) else array_text(answer)


def as_json(exercise: Exercise, seed: int, checked: Sequence[CheckedFile]) -> str:
    """All verdicts as JSON, for a grading program."""
    head = {"exercise": exercise.name, "seed": seed, "right": sum(c.verdict.right for c in checked)}
    return json.dumps(head | {"results": [_record(c) for c in checked]}, indent=2)


def _record(checked: CheckedFile) -> dict:
    verdict = checked.verdict
    record: dict[str, Any] = {"file": printable(checked.file.name), "outcome": verdict.outcome}
    record |= {"mistake": verdict.mistake or None, "advice": verdict.advice or None}
    record |= {"cases": verdict.cases, "right_cases": verdict.right_cases, "failing": None}
    if verdict.failing is not None:
        failing = verdict.failing
        record["failing"] = {
            "inputs": {name: _plain(value) for name, value in failing.inputs.items()},
            "expected": _plain(failing.expected),
            "answer": failing.answer.reason if isinstance(failing.answer, FailedCall) else _plain(failing.answer),
        }
    return record


def _plain(value: object) -> object:
    """The value for JSON; a complex number becomes [real, imaginary], and NaN or infinity a word."""
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, complex):
        return [_plain(value.real), _plain(value.imag)]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def class_table(checked: Sequence[CheckedFile]) -> str:
    """One line per file, then how often each mistake was made."""
    names = [printable(c.file.stem, 40) for c in checked]
    width = max(map(len, [*names, "file"]))
    lines = [f"{'file':<{width}}  right inputs  result"]
    for name, c in zip(names, checked, strict=True):
        share = f"{c.verdict.right_cases} of {c.verdict.cases}"
        lines.append(f"{name:<{width}}  {share:<12}  {summary(c.verdict)}")
    right = sum(c.verdict.right for c in checked)
    return "\n".join([*lines, "", f"{right} of {len(checked)} right", *_frequencies(checked)])


def _frequencies(checked: Sequence[CheckedFile]) -> list[str]:
    made = [c.verdict.mistake for c in checked if c.verdict.mistake]
    often = sorted(set(made), key=lambda name: (-made.count(name), name))
    return [f"  {made.count(name):>3} times  {name}" for name in often]


def as_csv(checked: Sequence[CheckedFile]) -> str:
    """One row per file: file, outcome, mistake, right_cases, cases, advice."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["file", "outcome", "mistake", "right_cases", "cases", "advice"])
    for c in checked:
        v = c.verdict
        row = (printable(c.file.name), v.outcome, v.mistake, v.right_cases, v.cases, v.advice)
        writer.writerow([_no_formula(cell) for cell in row])
    return stream.getvalue()


def _no_formula(cell: object) -> object:
    """The cell with an apostrophe in front if a spreadsheet would read it as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell
