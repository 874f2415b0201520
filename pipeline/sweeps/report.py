"""The results of a sweep: a table with mean and deviation, ensembles, and on request test accuracies.

Members are weighted by held-out training images only. Test accuracies come from the leaderboard, which has the labels,
after everything is chosen and written; they are shown in the table and used for nothing else.
"""

import hashlib
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.files import write_text
from pipeline.core.images import Dataset, result_prefix
from pipeline.core.progress import progress
from pipeline.practice import board
from pipeline.prediction.ensemble import accuracy, greedy_weights, mean
from pipeline.prediction.submission import write_submission
from pipeline.runs import folder as runs
from pipeline.runs.predictions import predict_run
from pipeline.sweeps.sweep import Member, Sweep


@dataclass
class Row:
    """A row of the table."""

    label: str
    submission: Path
    validation: float | None = None
    """Accuracy on held-out training images, with the recipe's views."""
    seconds: float | None = None
    """Training time; None if it is unknown because the run was interrupted."""
    test: float | None = None


@dataclass
class Predictions:
    """The probabilities of a member, or of all folds together."""

    name: str
    test: np.ndarray
    """float32 M x classes."""
    held_out: np.ndarray
    """Sorted indices of the training images that it was not trained on."""
    validation: np.ndarray
    """float32 N x classes, on these images."""


def report(sweep: Sweep, dataset: Dataset, others: list[Sweep], competition: Path | None = None) -> None:
    """Write ensemble submissions and summary.json, and print the table; `competition` adds test accuracies.

    The members of `others`, finished sweeps with the same held-out images, take part in the greedy weighting.
    """
    predictions = [predict(member, dataset) for member in sweep.members]
    members = [member_row(*pair, dataset.train_labels) for pair in zip(sweep.members, predictions, strict=True)]
    ensembles = write_ensembles(sweep, predictions, others, dataset)
    if competition:
        score([*members, *ensembles], sweep, dataset.name, competition)
    else:
        restore_scores([*members, *ensembles], runs.read_summary(sweep.folder) or {})
    write_summary(sweep, dataset.name, members, ensembles)
    print_table(sweep, dataset.name, members, ensembles)


def predict(member: Member, dataset: Dataset) -> Predictions:
    """A finished run's predictions for the test images and its held-out images, kept in its folder."""
    classes = len(dataset.classes)
    held_out = member.recipe.data.split(dataset.train_labels).held_out
    with progress(f"predicting, {member.label}", total=len(dataset.test_images) + len(held_out)) as advance:
        test = predict_run(member.run, member.recipe, dataset.test_images, classes, "probabilities", advance)
        validation = np.empty((0, classes), dtype=np.float32)
        if len(held_out):
            images, name = dataset.train_images[held_out], "validation_probabilities"
            validation = predict_run(member.run, member.recipe, images, classes, name, advance)
    return Predictions(member.label, test, held_out, validation)


def member_row(member: Member, predictions: Predictions, labels: np.ndarray) -> Row:
    """The row of a member."""
    held_out = predictions.held_out
    validation = accuracy(predictions.validation, labels[held_out]) if len(held_out) else None
    summary = runs.read_summary(member.run)
    whole = not (member.resumed or summary.get("resumed"))  # otherwise the seconds are those of the last part only
    seconds = summary["seconds"]["training"] if whole else None
    return Row(member.label, member.run / "submission.csv", validation, seconds)


def write_ensembles(sweep: Sweep, predictions: list[Predictions], others: list[Sweep], dataset: Dataset) -> list[Row]:
    """Write submission.csv (the mean) and, with several candidates, submission_greedy.csv; return their rows."""
    tests = [each.test for each in predictions]
    plain = Row(f"mean of {len(tests)}", sweep.folder / "submission.csv")
    write_submission(plain.submission, dataset.test_ids, mean(tests), dataset.classes)
    choices = candidates(sweep, predictions, dataset)
    if not len(choices[0].held_out):
        return [plain]
    truth = dataset.train_labels[choices[0].held_out]
    if sweep.kind == "folds":
        # Each image is predicted by the member that did not train on it: cross-validation, not the ensemble's accuracy.
        print(f"out-of-fold accuracy: {accuracy(choices[0].validation, truth):.2%} of {len(truth):,} images")
    else:
        plain.validation = accuracy(mean([each.validation for each in choices]), truth)
    for other in others:
        choices += candidates(other, [predict(member, dataset) for member in other.members], dataset)
    return [plain] + ([write_greedy(sweep, choices, truth, dataset)] if len(choices) > 1 else [])


def write_greedy(sweep: Sweep, choices: list[Predictions], truth: np.ndarray, dataset: Dataset) -> Row:
    """Weight the candidates by their held-out images; raises UserError if they do not hold out the same ones."""
    for each in choices:
        if not np.array_equal(each.held_out, choices[0].held_out):
            raise UserError(
                f"{each.name} holds out other images than {choices[0].name}; combine sweeps that share them"
            )
    weights = greedy_weights([each.validation for each in choices], truth)
    row = Row(f"greedy {shares(weights)} (fitted on these validation images)", sweep.folder / "submission_greedy.csv")
    row.validation = accuracy(mean([each.validation for each in choices], weights), truth)
    table = mean([each.test for each in choices], weights)
    write_submission(row.submission, dataset.test_ids, table, dataset.classes)
    print("greedy weights: " + ", ".join(f"{c.name} {w:.2f}" for c, w in zip(choices, weights, strict=True) if w))
    return row


def candidates(sweep: Sweep, predictions: list[Predictions], dataset: Dataset) -> list[Predictions]:
    """What can be weighted: each seed by itself, or all folds as one, by their out-of-fold predictions."""
    if sweep.kind == "seeds":
        return [replace(each, name=f"{sweep.folder.name} {each.name}") for each in predictions]
    table, judged = out_of_fold(predictions, len(dataset.train_labels))
    test = mean([each.test for each in predictions])
    return [Predictions(sweep.folder.name, test, np.flatnonzero(judged), table[judged])]


def out_of_fold(predictions: list[Predictions], count: int) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of every training image from the member that held it out, and which images have any (bool)."""
    table = np.zeros((count, predictions[0].test.shape[1]), dtype=np.float32)
    for each in predictions:
        table[each.held_out] = each.validation
    return table, table.any(axis=1)


def shares(weights: np.ndarray) -> str:
    """Weights as text, such as `0.40/0.60`."""
    return "/".join(f"{weight:.2f}" for weight in weights)


def score(rows: list[Row], sweep: Sweep, data: str, competition: Path) -> None:
    """Fill in the accuracies of the submissions on the practice leaderboard."""
    board.create_if_missing(competition, data, replace(sweep.recipe.data, train_limit=None))
    solution = competition.with_name(f"{competition.name}-solution") / "solution.csv"
    for row in rows:
        answer = board.leaderboard(
            "score", row.submission, "--solution", solution, "--format", "json", quiet=True
        )  # fmt: skip
        row.test = next(part["score"] for part in json.loads(answer) if part["part"] == "all")


def restore_scores(rows: list[Row], before: dict) -> None:
    """Fill in the accuracies from an earlier report of exactly these submissions."""
    old = [*before.get("members", []), *before.get("ensembles", [])]
    known = {row.get("sha256"): row["test_accuracy"] for row in old}
    for row in rows:
        row.test = known.get(sha256(row.submission))


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def mean_and_deviation(values: Sequence[float | None]) -> dict | None:
    """Mean, sample standard deviation (None for one value) and n of the known values."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    deviation = statistics.stdev(known) if len(known) > 1 else None
    return {"mean": statistics.fmean(known), "deviation": deviation, "n": len(known)}


def write_summary(sweep: Sweep, data: str, members: list[Row], ensembles: list[Row]) -> None:
    """Write the sweep's summary.json, with which its folder can be submitted like a run."""

    def plain(row: Row) -> dict:
        return {"label": row.label, "submission": str(row.submission), "sha256": sha256(row.submission),
                "validation_accuracy": row.validation, "training_seconds": row.seconds,
                "test_accuracy": row.test}  # fmt: skip

    summary = {
        "recipe": sweep.name,
        "data": data,
        "members": [plain(row) for row in members],
        "ensembles": [plain(row) for row in ensembles],
        "validation_accuracy": mean_and_deviation([row.validation for row in members]),
        "training_seconds": mean_and_deviation([row.seconds for row in members]),
        "test_accuracy": mean_and_deviation([row.test for row in members]),
    }
    write_text(sweep.folder / "summary.json", json.dumps(summary, indent=2) + "\n")


def print_table(sweep: Sweep, data: str, members: list[Row], ensembles: list[Row]) -> None:
    """Print the table and what to do next."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{result_prefix(data)}{sweep.name}", title_justify="left")
    columns = known_columns([*members, *ensembles])
    for heading in ("", *columns):
        table.add_column(heading, justify="right" if heading else "left")
    for row in members:
        table.add_row(row.label, *(form(getattr(row, name)) for name, form in columns.values()))
    table.add_section()
    spreads = [
        mean_text(mean_and_deviation([getattr(row, name) for row in members]), form) for name, form in columns.values()
    ]
    table.add_row(f"mean ± deviation, n = {len(members)}", *spreads)
    table.add_section()
    for row in ensembles:
        table.add_row(row.label, *(form(getattr(row, name)) for name, form in columns.values()))
    Console(soft_wrap=True).print(table)
    if any(row.seconds is None for row in members):
        print("resumed runs have no training time of their own; they are left out of its mean")
    print(f"submission of the mean: {ensembles[0].submission}; enter it with: python -m pipeline submit {sweep.folder}")


def known_columns(rows: list[Row]) -> dict[str, tuple[str, Callable[[float | None], str]]]:
    """Field and format by heading, without columns for which no row has a value."""
    columns = {"validation": ("validation", percent), "training s": ("seconds", number), "test": ("test", percent)}
    return {
        heading: (name, form)
        for heading, (name, form) in columns.items()
        if any(getattr(row, name) is not None for row in rows)
    }


def percent(value: float | None) -> str:
    """A share in per cent, such as `94.06 %`; `-` if unknown."""
    return "-" if value is None else f"{100 * value:.2f} %"


def number(value: float | None) -> str:
    """Seconds with one decimal; `-` if unknown."""
    return "-" if value is None else f"{value:.1f}"


def mean_text(values: dict | None, form) -> str:
    """Mean ± sample standard deviation, as text."""
    if values is None:
        return "-"
    return form(values["mean"]) + (f" ± {form(values['deviation'])}" if values["deviation"] is not None else "")
