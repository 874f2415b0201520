"""What comes out of a sweep: a table with mean and deviation, ensembles, and test accuracies if they are asked for.

Members are weighed on held-out training images alone. Test accuracies come from the leaderboard, which has the labels,
after everything is chosen and written; they go into the table and nowhere else.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import practice
from pipeline.data.images import Dataset
from pipeline.data.progress import progress
from pipeline.ensemble import accuracy, greedy_weights, mean
from pipeline.files import write_text
from pipeline.inference import predict_run
from pipeline.predict import write_submission
from pipeline.sweeps import Member, Sweep


@dataclass
class Row:
    """A line of the table."""

    label: str
    submission: Path
    validation: float | None = None
    """Accuracy on held-out training images, with the recipe's views."""
    seconds: float | None = None
    """Of training; None where it is not known, since the run was interrupted."""
    test: float | None = None


@dataclass
class Predictions:
    """A member's probabilities."""

    test: np.ndarray
    """float32 M x classes."""
    held_out: np.ndarray
    """Sorted indices of the training images that it has not seen."""
    validation: np.ndarray
    """float32 N x classes, on those."""


def report(sweep: Sweep, dataset: Dataset, competition: Path | None = None) -> None:
    """Write ensemble submissions and summary.json, and print the table; with a competition's folder, scored by it."""
    predictions = [predict(member, dataset) for member in sweep.members]
    members = [row_of(*pair, dataset.train_labels) for pair in zip(sweep.members, predictions, strict=True)]
    ensembles = write_ensembles(sweep, predictions, dataset)
    if competition:
        score([*members, *ensembles], sweep, dataset.name, competition)
    write_summary(sweep, dataset.name, members, ensembles)
    show(sweep, dataset.name, members, ensembles)


def predict(member: Member, dataset: Dataset) -> Predictions:
    """What a finished run says of the test images and of its held-out ones; kept in its folder."""
    classes = len(dataset.classes)
    _, held_out = member.recipe.data.rows(dataset.train_labels)
    with progress(f"predicting, {member.label}", total=len(dataset.test_images) + len(held_out)) as advance:
        test = predict_run(member.run, member.recipe, dataset.test_images, classes, "probabilities", advance)
        validation = np.empty((0, classes), dtype=np.float32)
        if len(held_out):
            images, name = dataset.train_images[held_out], "validation_probabilities"
            validation = predict_run(member.run, member.recipe, images, classes, name, advance)
    return Predictions(test, held_out, validation)


def row_of(member: Member, predictions: Predictions, labels: np.ndarray) -> Row:
    """A member's line."""
    held_out = predictions.held_out
    validation = accuracy(predictions.validation, labels[held_out]) if len(held_out) else None
    seconds = json.loads((member.run / "summary.json").read_text())["seconds"]["training"]
    return Row(member.label, member.run / "submission.csv", validation, None if member.resumed else seconds)


def write_ensembles(sweep: Sweep, predictions: list[Predictions], dataset: Dataset) -> list[Row]:
    """Write submission.csv, the mean, and where members share held-out images submission_greedy.csv; their lines."""
    tests = [each.test for each in predictions]
    rows, labels = [Row(f"mean of {len(tests)}", sweep.folder / "submission.csv")], dataset.train_labels
    write_submission(rows[0].submission, dataset.test_ids, mean(tests), dataset.classes)
    if sweep.kind == "folds":
        # Each image is judged by the one member that has not seen it: this is cross-validation, not the ensemble's.
        table, judged = out_of_fold(predictions, len(labels))
        print(f"out-of-fold accuracy: {accuracy(table[judged], labels[judged]):.2%} of {judged.sum():,} images")
    elif len(predictions[0].held_out):
        tables, truth = [each.validation for each in predictions], labels[predictions[0].held_out]
        weights = greedy_weights(tables, truth)
        rows[0].validation = accuracy(mean(tables), truth)
        greedy = Row(f"greedy {shares(weights)}", sweep.folder / "submission_greedy.csv")
        greedy.validation = accuracy(mean(tables, weights), truth)
        write_submission(greedy.submission, dataset.test_ids, mean(tests, weights), dataset.classes)
        rows.append(greedy)
    return rows


def out_of_fold(predictions: list[Predictions], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Every training image's probabilities by the member that held it out, and which images have any (bool)."""
    table = np.zeros((count, predictions[0].test.shape[1]), dtype=np.float32)
    for each in predictions:
        table[each.held_out] = each.validation
    return table, table.any(axis=1)


def shares(weights: np.ndarray) -> str:
    """Weights as `0.40/0.60`."""
    return "/".join(f"{weight:.2f}" for weight in weights)


def score(rows: list[Row], sweep: Sweep, data: str, competition: Path) -> None:
    """Fill in the accuracies that the practice competition's leaderboard gives the submissions."""
    competition = practice.folder_of(data, competition)
    practice.ensure(competition, data, sweep.recipe.data)
    solution = competition.with_name(f"{competition.name}-solution") / "solution.csv"
    for row in rows:
        answer = practice.leaderboard(
            "score", row.submission, "--solution", solution, "--format", "json", quiet=True
        )  # fmt: skip
        row.test = next(part["score"] for part in json.loads(answer) if part["part"] == "all")


def spread(values: Sequence[float | None]) -> dict | None:
    """Mean, sample deviation (None for one value) and n of what is known."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    deviation = statistics.stdev(known) if len(known) > 1 else None
    return {"mean": statistics.fmean(known), "deviation": deviation, "n": len(known)}


def write_summary(sweep: Sweep, data: str, members: list[Row], ensembles: list[Row]) -> None:
    """Write the sweep's summary.json; with it the sweep's folder can be submitted as a run's."""

    def plain(row: Row) -> dict:
        return {"label": row.label, "submission": str(row.submission), "validation_accuracy": row.validation,
                "training_seconds": row.seconds, "test_accuracy": row.test}  # fmt: skip

    summary = {
        "recipe": sweep.name,
        "data": data,
        "members": [plain(row) for row in members],
        "ensembles": [plain(row) for row in ensembles],
        "validation_accuracy": spread([row.validation for row in members]),
        "training_seconds": spread([row.seconds for row in members]),
        "test_accuracy": spread([row.test for row in members]),
    }
    write_text(sweep.folder / "summary.json", json.dumps(summary, indent=2) + "\n")


def show(sweep: Sweep, data: str, members: list[Row], ensembles: list[Row]) -> None:
    """Print the table and what to do next."""
    from rich.console import Console
    from rich.table import Table

    mark = "STAND-IN DATA, not CIFAR-10: " if data == "stand-in" else ""
    table = Table(title=f"{mark}{sweep.name}", title_justify="left")
    for heading in ("", "validation", "training s", "test"):
        table.add_column(heading, justify="right" if heading else "left")
    for row in members:
        table.add_row(row.label, percent(row.validation), number(row.seconds), percent(row.test))
    table.add_section()
    columns = [[getattr(row, name) for row in members] for name in ("validation", "seconds", "test")]
    validation, seconds, test = map(spread, columns)
    n = f"n = {len(members)}"
    table.add_row(f"mean ± deviation, {n}", both(validation, percent), both(seconds, number), both(test, percent))
    table.add_section()
    for row in ensembles:
        table.add_row(row.label, percent(row.validation), "", percent(row.test))
    Console(soft_wrap=True).print(table)
    if any(row.seconds is None for row in members):
        print("resumed runs have no training time of their own; they are left out of its mean")
    print(f"submission of the mean: {ensembles[0].submission}; enter it with: python -m pipeline submit {sweep.folder}")


def percent(value: float | None) -> str:
    """Such as `94.06 %`; `-` for what is not known."""
    return "-" if value is None else f"{100 * value:.2f} %"


def number(value: float | None) -> str:
    """Seconds with a decimal; `-` for what is not known."""
    return "-" if value is None else f"{value:.1f}"


def both(values: dict | None, form) -> str:
    """Mean ± sample deviation."""
    if values is None:
        return "-"
    return form(values["mean"]) + (f" ± {form(values['deviation'])}" if values["deviation"] is not None else "")
