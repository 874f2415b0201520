"""The panels on a run's W&B page beside the metrics: one per question, from the files of the run folder.

Names before the slash are the sections of the page. A run cannot set the order of the panels, nor which runs a panel
overlays: both belong to the W&B workspace.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.runs import held_out
from pipeline.runs.held_out import HeldOut

# Held-out images in the table: the first ones, which are the same in all runs of one split, and the worst mistakes.
SHOWN = 100
SUMMARIES = {
    "train_loss": "min", "validation_loss": "min", "train_accuracy": "max", "validation_accuracy": "max",
    "learning_rate": "last", "images_per_second": "mean",
}  # fmt: skip
COLUMNS = ["row", "image", "is", "said", "right", "sure", "given to the true class"]


def define(run: Any) -> None:
    """Let W&B draw metrics over epochs, and summarise accuracies by their maximum and losses by their minimum."""
    for name in ("epoch", "step"):
        run.define_metric(name, hidden=True)
    for name, summary in SUMMARIES.items():
        run.define_metric(name, step_metric="epoch", summary=summary)


def panels(folder: Path, images: np.ndarray | None) -> dict[str, Any]:
    """Panels by name for `run.log`; those of held-out images only if the run has some.

    `images` is the whole training set, uint8 N x S x S x 3; None leaves the table of predictions out.
    """
    judged = held_out.read(folder)
    shown = {"learning/loss": loss_curves(folder / "metrics.csv")}
    if judged is not None and len(judged.labels):
        shown["held_out/by_class"] = by_class(judged)
        shown["held_out/confusion"] = confusion(judged)
        shown["held_out/calibration"] = calibration(judged)
        shown["held_out/predictions"] = None if images is None else predictions(judged, images)
    return {name: panel for name, panel in shown.items() if panel is not None}


def loss_curves(path: Path):
    """Training and held-out loss on common axes; None if the file has no epoch with both."""
    import wandb

    try:
        table = pd.read_csv(path)[["epoch", "train_loss", "validation_loss"]].astype(float).dropna()
    except (OSError, ValueError, KeyError):
        return None
    if table.empty:
        return None
    lines = [table["train_loss"].tolist(), table["validation_loss"].tolist()]
    names = ["training images, augmented", "held-out images"]
    return wandb.plot.line_series(
        table["epoch"].tolist(), lines, keys=names, title="does it overfit? loss by epoch", xname="epoch"
    )


def by_class(judged: HeldOut):
    """A bar for each class: its accuracy in per cent."""
    import wandb

    rows = [[name, 100 * share] for name, share in zip(judged.classes, held_out.per_class(judged), strict=True)]
    table = wandb.Table(columns=["class", "per cent right"], data=[row for row in rows if row[1] == row[1]])
    return wandb.plot.bar(table, "class", "per cent right", title="which classes are right? held-out images")


def confusion(judged: HeldOut):
    """W&B's own confusion matrix."""
    import wandb

    said = judged.table.argmax(1).tolist()
    return wandb.plot.confusion_matrix(
        y_true=judged.labels.tolist(), preds=said, class_names=list(judged.classes), title="what is taken for what?"
    )


def calibration(judged: HeldOut):
    """Accuracy against mean confidence, by tenths of the confidence."""
    import wandb

    bins, error = held_out.calibration(judged)
    table = wandb.Table(columns=["confidence", "accuracy", "images"], data=[list(each) for each in bins])
    return wandb.plot.line(
        table, "confidence", "accuracy", title=f"as sure as it should be? calibration error {error:.3f}"
    )


def predictions(judged: HeldOut, images: np.ndarray):
    """A table of the first held-out images and of the worst mistakes: image, label and prediction."""
    import wandb

    chosen = list(dict.fromkeys([*range(min(SHOWN, len(judged.labels))), *judged.worst.tolist()]))
    table = wandb.Table(columns=[*COLUMNS, *judged.classes])
    for place in chosen:
        row, label, shares = int(judged.rows[place]), int(judged.labels[place]), judged.table[place].astype(float)
        said = int(shares.argmax())
        names = judged.classes[label], judged.classes[said]
        sure = [round(float(shares[column]), 4) for column in (said, label)]
        table.add_data(row, wandb.Image(images[row]), *names, said == label, *sure, *shares.round(4).tolist())
    return table
