"""The figures of a report, computed from run folders; independent of HTML."""

import csv
import io
import itertools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.core.errors import UserError
from pipeline.runs import held_out, listing
from pipeline.runs.held_out import HeldOut


@dataclass(frozen=True)
class RunFacts:
    """One run of a report."""

    folder: str
    """Recipe and run: the last two parts of the path."""
    label: str
    """What distinguishes this run from the others in the report."""
    row: dict[str, Any]
    config: dict[str, Any]
    """Values by dotted key."""
    metrics: dict[str, list[float]]
    """Columns of metrics.csv; NaN for an empty cell."""
    judged: HeldOut | None
    hardware: dict[str, Any]


def read_run(folder: Path) -> RunFacts:
    """The facts of a run folder; raises UserError for a folder that is not a run."""
    folder = folder.resolve()
    if not (folder / "config.yaml").is_file():
        raise UserError(f"{folder} is not a run folder: it has no config.yaml; `python -m pipeline runs` lists them")
    try:
        tree = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        config = dict(_flat(tree))
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):
        raise UserError(f"{folder / 'config.yaml'} is damaged; leave this run out") from None
    try:
        hardware = json.loads((folder / "summary.json").read_text())["hardware"]
    except (OSError, ValueError, KeyError, TypeError):
        hardware = {}
    name, metrics = f"{folder.parent.name}/{folder.name}", _metrics(folder / "metrics.csv")
    return RunFacts(name, name, listing.row(folder), config, metrics, held_out.read(folder), hardware)


def _flat(tree: dict, above: str = ""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _metrics(path: Path) -> dict[str, list[float]]:
    try:
        lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        names = lines[0].keys() if lines else ()
        return {name: [float(line[name] or "nan") for line in lines] for name in names}
    except (OSError, ValueError, TypeError, csv.Error):
        return {}


def differences(runs: list[RunFacts]) -> dict[str, list[Any]]:
    """The keys whose values differ between the runs, with each run's value; the images' folder is ignored."""
    keys = dict.fromkeys(key for run in runs for key in run.config)
    values = {key: [run.config.get(key) for run in runs] for key in keys if key != "data.directory"}
    return {key: found for key, found in values.items() if any(each != found[0] for each in found[1:])}


def add_labels(runs: list[RunFacts]) -> list[RunFacts]:
    """The runs, labelled by the first three of these that differ: recipe, network, seed, other keys.

    Runs that would have the same label are labelled by their folders, too.
    """
    recipes = [run.row["recipe"] for run in runs]
    varied = {key: values for key, values in differences(runs).items() if not key.startswith("log.")}
    first = {key: varied.pop(key) for key in ("model.name", "seed") if key in varied}
    parts = [("", recipes)] if len(set(recipes)) > 1 else []
    parts += [("" if key == "model.name" else f"{key} ", values) for key, values in (first | varied).items()]
    labels = [
        ", ".join(f"{key}{_short(values[place])}" for key, values in parts[:3] if values[place] is not None)
        for place in range(len(runs))
    ]
    alike = [not label or labels.count(label) > 1 for label in labels]
    return [
        replace(run, label=f"{run.folder} {label}".rstrip() if same else label)
        for run, label, same in zip(runs, labels, alike, strict=True)
    ]


def _short(value: Any) -> str:
    """A value; of a path, its last part."""
    return str(value).rpartition("/")[2] or str(value)


def disagreements(runs: list[RunFacts]) -> list[tuple[str, str, int, int, int, int]]:
    """(run, other run, common images, images predicted differently, right in the first alone, in the second alone)."""
    judged = [(run.label, run.judged) for run in runs if run.judged is not None]
    found = []
    for (name, one), (other, two) in itertools.combinations(judged, 2):
        if one.classes != two.classes:
            continue
        _, here, there = np.intersect1d(one.rows, two.rows, return_indices=True)
        first, second, truth = one.table[here].argmax(1), two.table[there].argmax(1), one.labels[here]
        hits = (first == truth) & (second != truth), (second == truth) & (first != truth)
        only_here, only_there = (int(hit.sum()) for hit in hits)
        found.append((name, other, len(here), int((first != second).sum()), only_here, only_there))
    return found
