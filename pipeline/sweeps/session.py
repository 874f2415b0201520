"""A sweep from its first run to its table: check, train member after member, report."""

import sys
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.core.images import Dataset
from pipeline.practice.board import data_of
from pipeline.runs import folder as runs
from pipeline.runs import session
from pipeline.sweeps import report
from pipeline.sweeps.sweep import Sweep, create, find_sweep, members, open_sweep
from pipeline.training.checks import check
from pipeline.training.recipe import Recipe


def run_sweep(
    recipe: Recipe, dataset: Dataset, name: str, kind: str, count: int, *,
    resume: bool = False, others: list[Path], competition: Path | None = None,
) -> int:  # fmt: skip
    """Train `count` seeds or folds of the recipe, then report; return the exit code.

    `resume` continues the newest sweep of this recipe. `others` are finished sweeps to include in the
    ensemble; `competition` is the practice competition that scores the submissions, if any.
    """
    if competition and not recipe.data.has_test_labels:
        raise UserError("--score: these images have no test labels here; leave it out, and upload or hand in the CSVs")
    weighed = [require_finished(open_sweep(folder)) for folder in others]
    for other in weighed:
        check_same_images(recipe, dataset.name, other)
    for member in members(recipe, kind, count):
        check(member.recipe, dataset, member.recipe.data.split(dataset.train_labels))
    sweep = (find_sweep if resume else create)(recipe, name, kind, count)
    print(f"sweep: {sweep.folder}   {count} {kind}")
    if code := train_members(sweep, dataset.name):
        print(f"resume the sweep with the same command and --resume ({sweep.folder})", file=sys.stderr)
        return code
    report.report(sweep, dataset, weighed, competition)
    return 0


def require_finished(other: Sweep) -> Sweep:
    """The sweep; raises UserError unless all its members are trained."""
    for member in other.members:
        if not member.finished():
            raise UserError(f"--with {other.folder}: {member.label} is not finished; finish that sweep first")
    return other


def check_same_images(recipe: Recipe, dataset_name: str, other: Sweep) -> None:
    """Raise UserError if a sweep's training images could include the held-out images of this one."""
    theirs = {data_of(member.run) for member in other.members if member.run}
    if theirs != {dataset_name}:
        raise UserError(f"--with {other.folder}: its images are {', '.join(theirs)}, these are {dataset_name}")
    limits = other.recipe.data.train_limit, recipe.data.train_limit
    if limits[0] != limits[1]:
        raise UserError(f"--with {other.folder}: its data.train_limit is {limits[0]}, here it is {limits[1]}")


def train_members(sweep: Sweep, dataset_name: str) -> int:
    """Train every unfinished member, one after another; return the first exit code that is not 0, or 0."""
    for number, member in enumerate(sweep.members, start=1):
        if member.finished():
            print(f"{member.label} is finished: {member.run}")
            continue
        print(f"\n{member.label} ({number} of {len(sweep.members)})")
        run = sweep.folder_for(member, dataset_name)
        if code := session.run(runs.open_run(run), sweep.name, run, alone=number == len(sweep.members)):
            return code
    return 0
