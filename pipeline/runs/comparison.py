"""Compare a run with the measured recipes: one line, which also says if the hardware differs.

The measured recipes are in measured.csv in this folder; the table in docs/benchmarks.md is generated from it.
"""

import csv
import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pipeline.data import cifar10


@dataclass(frozen=True)
class MeasuredRecipe:
    """A recipe trained on all 50,000 images of CIFAR-10 and measured on its 10,000 test images."""

    recipe: str
    accuracy: float
    """The mean over the runs, in per cent."""
    each: str
    """Each run's accuracy, for the docs."""
    n: int
    seconds: float
    """The training time."""
    note: str
    hardware: str
    cpu: str
    """A part of the processor's name."""
    cores: int
    date: str


def measured_recipes() -> list[MeasuredRecipe]:
    """The recipes in the order of measured.csv."""
    text = files("pipeline.runs").joinpath("measured.csv").read_text(encoding="utf-8")
    return [
        MeasuredRecipe(**{**row, **{name: kind(row[name]) for name, kind in _KINDS.items()}})
        for row in csv.DictReader(text.splitlines())
    ]


_KINDS = {"accuracy": float, "n": int, "seconds": float, "cores": int}


def compare_with_recipes(summary: dict[str, Any]) -> str | None:
    """One line that compares a finished run with the recipe whose training time is closest.

    None for images other than CIFAR-10's, for a run without held-out images, and for a resumed run, whose training
    time is unknown.
    """
    accuracy, seconds = summary.get("validation_accuracy"), summary["seconds"]["training"]
    if summary["data"] != cifar10.NAME or accuracy is None or summary.get("resumed") or seconds <= 0:
        return None
    other = min(measured_recipes(), key=lambda each: abs(math.log(each.seconds / seconds)))
    gap = 100 * accuracy - other.accuracy
    size = f"{abs(gap):.1f} points {'above' if gap > 0 else 'below'}" if abs(gap) >= 0.05 else "level with"
    theirs = f"{other.accuracy:.2f} % (test images, n = {other.n}) after {other.seconds:,.0f} s on {other.hardware}"
    ours = f"{100 * accuracy:.2f} % (held-out images, n = 1) after {seconds:,.0f} s{_unequal(summary, other)}"
    return f"{size} {other.recipe}: {theirs}; this run: {ours}"


def _unequal(summary: dict[str, Any], other: MeasuredRecipe) -> str:
    """Why the times are not comparable; empty if they are."""
    machine = summary.get("hardware", {})
    same = other.cpu in str(machine.get("cpu")) and machine.get("cores") == other.cores and machine.get("gpu") == "none"
    if same:
        return ""
    here = machine.get("gpu") if machine.get("gpu") not in (None, "none") else machine.get("cpu", "unknown")
    return f" on other hardware ({here}), so the times are not comparable"
