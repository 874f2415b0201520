"""The HTML page of a report."""

import base64
import io
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.core.errors import UserError
from pipeline.core.files import write_text
from pipeline.runs import held_out
from pipeline.runs.report import charts, facts
from pipeline.runs.report.facts import RunFacts

# The charts of curves: title, column of metrics.csv, and whether its values are shares.
CURVES = {
    "training loss": ("train_loss", False),
    "loss on held-out images": ("validation_loss", False),
    "accuracy on held-out images": ("validation_accuracy", True),
}


def write_report(folders: list[Path], out: Path) -> None:
    """Write the page that compares these runs; raises UserError for a folder that is not a run, or named twice."""
    places = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise UserError(f"{folder} is named twice; name each run once")
    write_text(out, render(facts.add_labels([facts.read_run(folder) for folder in folders])))


def render(runs: list[RunFacts]) -> str:
    """The page's HTML: self-contained, every name in it escaped."""
    environment = Environment(
        loader=PackageLoader("pipeline.runs.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    judged = [{"label": run.label, **_judged(run)} for run in runs if run.judged is not None and len(run.judged.labels)]
    return environment.get_template("page.html").render(
        runs=runs,
        curves={title: _curve(runs, *column) for title, column in CURVES.items()},
        differences=facts.differences(runs),
        judged=judged,
        disagreements=facts.disagreements(runs),
        hardware=[(run.label, run.row["minutes"], run.hardware) for run in runs],
    )


def _curve(runs: list[RunFacts], column: str, share: bool) -> str:
    series = [(run.label, run.metrics.get("epoch", []), run.metrics.get(column, [])) for run in runs]
    return charts.lines(series, "epochs", share=share)


def _judged(run: RunFacts) -> dict:
    """A run's results on its held-out images."""
    judged = run.judged
    assert judged is not None, "only runs with held-out images are shown here"
    bins, error = held_out.calibration(judged)
    counts = held_out.confusion(judged)
    return {
        "classes": judged.classes,
        "accuracy": float(np.mean(judged.table.argmax(1) == judged.labels)),
        "count": len(judged.labels),
        "per_class": held_out.per_class(judged).tolist(),
        "confusion": counts.tolist(),
        "shares": (counts / np.maximum(1, counts.sum(1, keepdims=True))).round(3).tolist(),
        "calibration": charts.calibration(bins, run.label),
        "calibration_error": error,
        "worst": [
            (png(image), judged.classes[judged.table[row].argmax()], judged.classes[judged.labels[row]])
            for row, image in zip(judged.worst.tolist(), judged.images, strict=True)
        ],
    }


def png(image: np.ndarray) -> str:
    """A uint8 S x S x 3 image as a data URL."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
