"""A run beside the recipes that were measured: one line, with what makes the comparison unequal.

measured.csv beside this file is the one table of them; the table in docs/benchmarks.md is written from it.
"""

import csv
import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pipeline.data import cifar10


@dataclass(frozen=True)
class Measured:
    """A recipe as it was measured on the 10,000 images of CIFAR-10's test set, trained on all 50,000 images."""

    recipe: str
    accuracy: float
    """The mean over the runs, in per cent."""
    each: str
    """Each run's accuracy, for the docs."""
    n: int
    seconds: float
    """Of training."""
    note: str
    hardware: str
    cpu: str
    """What the processor's name has in it."""
    cores: int
    date: str


def measured() -> list[Measured]:
    """The table of recipes, in its order."""
    text = files("pipeline.runs").joinpath("measured.csv").read_text(encoding="utf-8")
    return [
        Measured(**{**row, **{name: kind(row[name]) for name, kind in _KINDS.items()}})
        for row in csv.DictReader(text.splitlines())
    ]


_KINDS = {"accuracy": float, "n": int, "seconds": float, "cores": int}


def beside(summary: dict[str, Any]) -> str | None:
    """A line that compares a finished run with the recipe that took a training time nearest to its own.

    None for other images than CIFAR-10's, for a run that held nothing out, and for one that was resumed: its time is
    not known.
    """
    accuracy, seconds = summary.get("validation_accuracy"), summary["seconds"]["training"]
    if summary["data"] != cifar10.NAME or accuracy is None or summary.get("resumed") or seconds <= 0:
        return None
    other = min(measured(), key=lambda each: abs(math.log(each.seconds / seconds)))
    gap = 100 * accuracy - other.accuracy
    size = f"{abs(gap):.1f} points {'above' if gap > 0 else 'below'}" if abs(gap) >= 0.05 else "level with"
    theirs = f"{other.accuracy:.2f} % (test images, n = {other.n}) after {other.seconds:,.0f} s on {other.hardware}"
    ours = f"{100 * accuracy:.2f} % (held-out images, n = 1) after {seconds:,.0f} s{_unequal(summary, other)}"
    return f"{size} {other.recipe}: {theirs}; this run: {ours}"


def _unequal(summary: dict[str, Any], other: Measured) -> str:
    """What makes the times unequal, if anything does."""
    machine = summary.get("hardware", {})
    same = other.cpu in str(machine.get("cpu")) and machine.get("cores") == other.cores and machine.get("gpu") == "none"
    if same:
        return ""
    here = machine.get("gpu") if machine.get("gpu") not in (None, "none") else machine.get("cpu", "unknown")
    return f" on other hardware ({here}), so the times do not compare"
