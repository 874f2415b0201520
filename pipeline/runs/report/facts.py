"""The figures of a report, computed from run folders; independent of HTML."""

import csv
import io
import itertools
import json
from dataclasses import dataclass
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

    label: str
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
    label = f"{folder.parent.name}/{folder.name}"
    return RunFacts(
        label, listing.row(folder), config, _metrics(folder / "metrics.csv"), held_out.read(folder), hardware
    )


def _flat(tree: dict, above: str = ""):
    for key, value in tree.items():
        if isinstance(value, dict) and value:
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
