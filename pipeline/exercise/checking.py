"""Run and judge one student's file, or a folder with one file per student."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.errors import UserError

from .exercise import Exercise
from .judging import Verdict, judge
from .running import Limits, run


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """The verdict on one file."""

    file: Path
    verdict: Verdict


def check(exercise: Exercise, file: Path, seed: int, limits: Limits) -> CheckedFile:
    """Judge one file on this seed's inputs; raises UserError if it cannot be read."""
    cases = exercise.cases(seed)
    done = run(file, exercise.function, cases, limits)
    verdict = judge(exercise, cases, done.answers)
    if done.stopped and verdict.outcome == "error":
        verdict = replace(verdict, outcome="stopped")
    return CheckedFile(file=file, verdict=verdict)


def check_class(
    exercise: Exercise, folder: Path, seed: int, limits: Limits, report: Callable[[str], None]
) -> list[CheckedFile]:
    """Judge every Python file of a folder, sorted by name; `report` is called with a line before each."""
    files = sorted(path for path in folder.glob("*.py") if path.is_file())
    if not files:
        raise UserError(f"{folder} contains no Python file; put one file NAME.py per student into it")
    checked = []
    for number, file in enumerate(files, 1):
        report(f"{number} of {len(files)}: {file.name}")
        checked.append(check(exercise, file, seed, limits))
    return checked
