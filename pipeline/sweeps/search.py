"""Hyper-parameter search by Optuna, without an account: stored in the sweep's folder, judged by validation accuracy.

The file of settings is a W&B sweep file, so `wandb sweep` accepts it too.
"""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipeline.config import as_plain, with_settings, write_recipe
from pipeline.core.errors import UserError
from pipeline.core.files import path_of
from pipeline.runs import folder as runs
from pipeline.runs import session
from pipeline.training.recipe import Recipe

if TYPE_CHECKING:
    import optuna

STORAGE = "optuna.sqlite3"
# W&B's names of the distributions.
DISTRIBUTIONS = ("uniform", "log_uniform_values", "int_uniform")


def search(recipe: Recipe, name: str, trials: int, settings: Path, data: str, *, resume: bool) -> int:
    """Train `trials` runs of the recipe with settings from the file's ranges, and print the best; return the exit code.

    `data` is the name of the images' source. `resume` continues the newest search of this recipe and file; interrupted
    runs are finished first. Raises UserError for a file that is not a search, or a recipe that holds
    nothing out.
    """
    space = read_space(settings)
    if not recipe.data.holds_out:
        raise UserError("a search is judged on held-out images and data.validation is 0; add --data.validation 5000")
    with_settings(
        recipe, {key: first_value(spec) for key, spec in space.items()}
    )  # a misspelt key shows before training
    folder = find_search(recipe, name, settings) if resume else create(recipe, name, settings)
    print(f"search: {folder}")
    with open_study(folder, recipe.seed) as study:
        requeue_cut_off(study)
        while len(completed(study)) + len(failed(study)) < trials:
            if code := one_trial(study, folder, recipe, space, data):
                print(f"resume the search with the same command and --resume ({folder})", file=sys.stderr)
                return code
        return print_trials(study, folder, space)


def read_space(path: Path) -> dict[str, dict]:
    """Dotted keys of a recipe, each with `values`, or with `min`, `max` and a `distribution`.

    Raises UserError for anything else.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--search {path}: no such file; configs/search.yaml is an example") from error
    except yaml.YAMLError as error:
        raise UserError(f"--search {path}: not valid YAML: {' '.join(str(error).split())}") from error
    space = content.get("parameters") if isinstance(content, dict) else None
    if not isinstance(space, dict) or not space:
        raise UserError(f"--search {path}: no `parameters:` in it; configs/search.yaml is an example")
    for key, spec in space.items():
        check_spec(path, key, spec)
    return space


def check_spec(path: Path, key: str, spec) -> None:
    """Raise UserError unless the setting has a known form."""
    if isinstance(spec, dict) and set(spec) == {"values"} and isinstance(spec["values"], list) and spec["values"]:
        return
    if isinstance(spec, dict) and {"min", "max"} <= set(spec) <= {"min", "max", "distribution"}:
        low, high, kind = spec["min"], spec["max"], distribution(spec)
        numbers = all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in (low, high))
        positive = kind != "log_uniform_values" or (numbers and low > 0)
        whole = kind != "int_uniform" or (isinstance(low, int) and isinstance(high, int))
        if numbers and low < high and positive and whole and kind in DISTRIBUTIONS:
            return
    raise UserError(
        f"--search {path}: {key} is {spec}; allowed: `values: [...]`, or `min` below `max` and "
        f"`distribution` {', '.join(DISTRIBUTIONS)} (the second with min above 0)"
    )


def distribution(spec: dict) -> str:
    """The distribution of a range: as given, otherwise W&B's default, integers between two integers, else uniform."""
    whole = isinstance(spec["min"], int) and isinstance(spec["max"], int)
    return spec.get("distribution", "int_uniform" if whole else "uniform")


def first_value(spec: dict):
    """The lowest value of a setting."""
    return spec["values"][0] if "values" in spec else spec["min"]


def suggest(trial: "optuna.Trial", key: str, spec: dict):
    """The trial's value of a setting."""
    if "values" in spec:
        # Optuna stores only plain values, so a list is stored as JSON.
        return json.loads(trial.suggest_categorical(key, [json.dumps(value) for value in spec["values"]]))
    if distribution(spec) == "int_uniform":
        return trial.suggest_int(key, spec["min"], spec["max"])
    return trial.suggest_float(key, spec["min"], spec["max"], log=distribution(spec) == "log_uniform_values")


def create(recipe: Recipe, name: str, settings: Path) -> Path:
    """Create a folder for a new search, with the recipe and a copy of the settings."""
    folder = path_of(recipe.log.runs) / name / f"search-{datetime.now():%Y%m%d-%H%M%S}"
    write_recipe(recipe, folder / "config.yaml")
    (folder / "search.yaml").write_bytes(settings.read_bytes())
    return folder


def find_search(recipe: Recipe, name: str, settings: Path) -> Path:
    """The newest search of exactly this recipe and these settings; raises UserError if there is none."""
    root = path_of(recipe.log.runs) / name
    for folder in sorted(root.glob("search-*"), reverse=True):
        same = as_plain(asdict(runs.recipe_of(folder))) == as_plain(asdict(recipe))
        if same and (folder / "search.yaml").read_bytes() == settings.read_bytes():
            return folder
    raise UserError(f"{root} has no search of this recipe over {settings}; leave --resume out to start one")


@contextmanager
def open_study(folder: Path, seed: int) -> Iterator["optuna.Study"]:
    """The search's Optuna study, new or as it was left; its database is closed afterwards."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(f"sqlite:///{(folder / STORAGE).resolve()}")
    study = optuna.create_study(study_name="search", storage=storage, direction="maximize", load_if_exists=True)
    # Each session draws new settings, reproducibly.
    study.sampler = optuna.samplers.TPESampler(seed=(seed + len(study.trials)) % 2**32)
    try:
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def requeue_cut_off(study: "optuna.Study") -> None:
    """Queue trials that were running when the search was killed again, in the same run folder."""
    from optuna.trial import TrialState

    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.PRUNED)
        if trial.params:
            study.enqueue_trial(trial.params, user_attrs=trial.user_attrs)


def completed(study: "optuna.Study") -> list:
    """The trials that have an accuracy."""
    return [trial for trial in study.trials if trial.state.name == "COMPLETE"]


def failed(study: "optuna.Study") -> list:
    """The trials whose training failed, for example with a loss that is not finite."""
    return [trial for trial in study.trials if trial.state.name == "FAIL"]


def one_trial(study: "optuna.Study", folder: Path, recipe: Recipe, space: dict, data: str) -> int:
    """Train one run on the source `data` and record it; return the exit code."""
    from optuna.trial import TrialState

    trial = study.ask()
    values = {key: suggest(trial, key, spec) for key, spec in space.items()}
    print(f"\ntrial {trial.number}: " + "  ".join(f"{key} {value}" for key, value in values.items()))
    run = trial.user_attrs.get("run")
    try:
        settled = with_settings(recipe, values)
        if run is None or not Path(run).is_dir():
            run = str(runs.create(folder.parent.parent, folder.parent.name, data, settled))
            trial.set_user_attr("run", run)
        if code := session.run(settled, folder.parent.name, Path(run)):
            return code
    except UserError as error:
        print(f"trial {trial.number} failed: {error}", file=sys.stderr)
        study.tell(trial, state=TrialState.FAIL)
        return 0
    study.tell(trial, json.loads((Path(run) / "summary.json").read_text())["validation_accuracy"])
    return 0


def print_trials(study: "optuna.Study", folder: Path, space: dict) -> int:
    """Print the trials, best first, and how to use the best; return 1 if none succeeded."""
    from rich.console import Console
    from rich.table import Table

    done = sorted(completed(study), key=lambda trial: -trial.value)
    table = Table(title=f"{len(done)} trials, {len(failed(study))} failed", title_justify="left")
    for heading in ("trial", "validation", *space):
        table.add_column(heading)
    for trial in done:
        table.add_row(
            str(trial.number), f"{100 * trial.value:.2f} %", *(short_text(trial.params[key]) for key in space)
        )
    Console(soft_wrap=True).print(table)
    if not done:
        print(f"no trial succeeded; the reasons are above, the runs in {folder.parent}", file=sys.stderr)
        return 1
    best = done[0].user_attrs["run"]
    print(f"best: {best}   train its recipe again with: python -m pipeline train --config {best}/config.yaml")
    return 0


def short_text(value) -> str:
    """The value of a setting with few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
