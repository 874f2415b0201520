"""A sweep: runs of one recipe that differ in seed or fold, and a folder that lists them."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline.config import as_plain, write_recipe
from pipeline.core.errors import UserError
from pipeline.core.files import path_of, write_text
from pipeline.runs import folder as runs
from pipeline.training.recipe import Recipe

FILE = "sweep.json"


@dataclass
class Member:
    """One run of a sweep."""

    label: str
    """For example `seed 3` or `fold 0`."""
    recipe: Recipe
    run: Path | None = None
    """The run's folder, as soon as there is one."""
    resumed: bool = False
    """Whether it was interrupted, so that its training seconds are those of the last part only."""

    def finished(self) -> bool:
        """Whether the run is finished."""
        return self.run is not None and (self.run / "summary.json").is_file()


@dataclass
class Sweep:
    """The runs of a sweep; its folder is beside theirs, in runs/<recipe>/."""

    folder: Path
    recipe: Recipe
    kind: str
    """`seeds` or `folds`."""
    members: list[Member]

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.folder.parent.name

    def write(self) -> None:
        """Write sweep.json: the sweep's recipe, kind and count, and the folder names of its runs."""
        runs_of = {m.label: m.run.name for m in self.members if m.run}
        resumed = [m.label for m in self.members if m.resumed]
        state = {"kind": self.kind, "count": len(self.members), "runs": runs_of, "resumed": resumed}
        write_text(self.folder / FILE, json.dumps(state, indent=2) + "\n")

    def folder_for(self, member: Member, dataset_name: str) -> Path:
        """The folder in which to train a member, new or to be resumed.

        It is recorded in sweep.json before it is used.
        """
        if member.run is None or not member.run.is_dir():
            log = replace(member.recipe.log, group=member.recipe.log.group or self.folder.name)
            recipe = replace(member.recipe, log=log)
            member.run = runs.create(self.folder.parent.parent, self.name, dataset_name, recipe)
        else:
            member.resumed = True
        self.write()
        return member.run


def members(recipe: Recipe, kind: str, count: int) -> list[Member]:
    """The recipe with `count` seeds, from its own seed upwards, or with each of `count` folds held out in turn."""
    if kind == "seeds":
        seeds = range(recipe.seed, recipe.seed + count)
        return [Member(f"seed {seed}", replace(recipe, seed=seed)) for seed in seeds]
    folds = [replace(recipe.data, folds=count, fold=fold) for fold in range(count)]
    return [Member(f"fold {data.fold}", replace(recipe, data=data)) for data in folds]


def create(recipe: Recipe, name: str, kind: str, count: int) -> Sweep:
    """Create a sweep folder without runs."""
    found = members(recipe, kind, count)
    stem = path_of(recipe.log.runs) / name / f"sweep-{datetime.now():%Y%m%d-%H%M%S}-{kind}{count}"
    folder = next(f for n in range(100) if not (f := stem.with_name(f"{stem.name}-{n}" if n else stem.name)).exists())
    write_recipe(recipe, folder / "config.yaml")
    sweep = Sweep(folder, recipe, kind, found)
    sweep.write()
    return sweep


def open_sweep(folder: Path) -> Sweep:
    """The sweep of a folder; raises UserError for a folder that is not a sweep."""
    try:
        state = checked_state(json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{folder} is not a sweep: it has no readable {FILE}") from error
    recipe = runs.recipe_of(folder)
    found = members(recipe, state["kind"], state["count"])
    for member in found:
        run = state["runs"].get(member.label)
        member.run = folder.parent / run if run else None
        member.resumed = member.label in state["resumed"]
    return Sweep(folder, recipe, state["kind"], found)


def checked_state(state: dict) -> dict:
    """The content of sweep.json, checked, since it can come from anybody; raises ValueError or TypeError if invalid."""
    runs_of, known = state["runs"], state["kind"] in ("seeds", "folds") and 1 <= int(state["count"]) <= 10_000
    # A member must be a folder beside that of the sweep.
    if not known or any(Path(run).name != run or run in ("", "..") for run in runs_of.values()):
        raise ValueError("not what a sweep writes")
    return {"kind": state["kind"], "count": int(state["count"]), "runs": runs_of, "resumed": list(state["resumed"])}


def find_sweep(recipe: Recipe, name: str, kind: str, count: int) -> Sweep:
    """The newest sweep of exactly this recipe, kind and count; raises UserError if there is none to resume."""
    root = path_of(recipe.log.runs) / name
    for file in sorted(root.glob(f"sweep-*-{kind}{count}*/{FILE}"), reverse=True):
        sweep = open_sweep(file.parent)
        if len(sweep.members) == count and as_plain(asdict(sweep.recipe)) == as_plain(asdict(recipe)):
            return sweep
    raise UserError(f"{root} has no sweep of this recipe over {count} {kind}; leave --resume out to start one")
