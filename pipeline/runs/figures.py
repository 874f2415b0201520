"""The figures of a run: curves, confusion matrix and worst mistakes, from labelled training data only."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.core.files import write_whole

if TYPE_CHECKING:
    from pipeline.training.rate_range import RateRange


def save(figure, path: Path) -> None:
    """Write a matplotlib figure as PNG under a temporary name, rename it, and free the figure."""
    write_whole(path, lambda temporary: figure.savefig(temporary, format="png", dpi=200))


def new_figure(**options):
    """A matplotlib figure without a window."""
    from matplotlib.figure import Figure

    return Figure(layout="constrained", **options)


def curves(metrics: pd.DataFrame):
    """Loss and accuracy by epoch, with the learning rate underneath; accuracy in per cent."""
    figure = new_figure(figsize=(9, 6))
    loss, accuracy, rate, speed = figure.subplots(2, 2).flat
    for axis, title, names in (
        (loss, "cross-entropy, without label smoothing", ("train_loss", "validation_loss")),
        (accuracy, "accuracy", ("train_accuracy", "validation_accuracy")),
        (rate, "learning rate", ("learning_rate",)),
        (speed, "images per second", ("images_per_second",)),
    ):
        drawn = [name for name in names if name in metrics]
        for name in drawn:
            label = "training images, augmented" if name.startswith("train") else "validation images"
            axis.plot(metrics["epoch"], metrics[name], marker="o", markersize=3, label=label)
        if len(drawn) > 1:
            axis.legend(frameon=False)
        if axis is accuracy:
            axis.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}".replace("%", " %"))
        if axis is speed:
            axis.set_ylim(
                0, 1.15 * axis.get_ylim()[1]
            )  # start at 0, so that a small change of speed does not look large
        axis.set(title=title, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
    return figure


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...], title: str):
    """Counts of true class (row) against predicted class (column), shaded by their share of the true class."""
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, (labels, predicted), 1)
    figure = new_figure(figsize=(8.5, 7))
    axis = figure.subplots()
    share = counts / np.maximum(1, counts.sum(1, keepdims=True))
    shades = axis.imshow(100 * share, cmap="Blues", vmin=0, vmax=100)
    figure.colorbar(shades, ax=axis, shrink=0.8, label="per cent of the true class")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.5 else "black"
            axis.text(column, row, count, ha="center", va="center", fontsize=8, color=colour)
    axis.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axis.set_yticks(range(len(classes)), classes)
    right = 100 * np.trace(counts) / counts.sum()
    heading = f"{title}: {right:.2f} % right of n = {counts.sum():,}"
    axis.set(xlabel="predicted", ylabel="true", title=heading)
    return figure


def mistakes(images: np.ndarray, labels: np.ndarray, table: np.ndarray, classes: tuple[str, ...], title: str):
    """The wrong predictions that gave the true class the least probability: up to 32 images with both names."""
    predicted = table.argmax(1)
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(table[wrong, labels[wrong]])][:32]
    rows = max(1, -(-len(worst) // 8))
    figure = new_figure(figsize=(11, 0.6 + 1.75 * rows))
    for axis in (axes := figure.subplots(rows, 8).ravel()):
        axis.axis("off")
    for axis, index in zip(axes, worst, strict=False):
        axis.imshow(images[index], interpolation="nearest")
        said, true = predicted[index], labels[index]
        both = (f"{classes[column]} {table[index, column]:.0%}".replace("%", " %") for column in (said, true))
        axis.set_title("said {}\nis {}".format(*both), fontsize=8)
    figure.suptitle(
        f"{title}: {len(worst)} of {len(wrong)} mistakes among {len(labels)}, "
        "those that gave the true class the least probability first"
    )
    return figure


def rate_range(found: "RateRange", rate: float, network: str):
    """Training loss against the learning rate (`optim.lr` is `rate` at factor 1) as it rose from step to step."""
    rates, smoothed = found.factors * rate, found.smoothed
    figure = new_figure(figsize=(8, 4.5))
    axis = figure.subplots()
    axis.plot(rates, found.losses, ".", color="0.7", markersize=4, label="loss of a step")
    axis.plot(rates, smoothed, color="C0", label="smoothed")
    suggested = rates[found.suggested]
    axis.axvline(suggested, color="C2", linestyle="--", label=f"suggested: {suggested:.2g}")
    # A diverging loss would flatten the rest of the curve.
    axis.set_ylim(found.losses.min() - 0.1, 1.2 * smoothed[0])
    axis.set(xscale="log", xlabel="optim.lr", ylabel="training loss", title=f"learning rates tried: {network}")
    axis.legend(frameon=False)
    axis.grid(alpha=0.3)
    return figure


def write_figures(
    folder: Path, images: np.ndarray, labels: np.ndarray, table: np.ndarray, classes: tuple[str, ...], part: str
) -> None:
    """Write curves.png, confusion.png and mistakes.png into the run's figures/.

    `part` names the labelled images: "validation" or "training"; `table` holds their probabilities, N x classes.
    """
    metrics = folder / "metrics.csv"
    if metrics.exists():
        try:
            save(curves(pd.read_csv(metrics).astype(float)), folder / "figures" / "curves.png")
        except (ValueError, KeyError, TypeError) as error:  # pandas' own errors are ValueErrors
            print(f"note: {metrics} is damaged ({type(error).__name__}); curves.png is left out", file=sys.stderr)
    title = f"{part} images"
    save(confusion(labels, table.argmax(1), classes, title), folder / "figures" / "confusion.png")
    save(mistakes(images, labels, table, classes, title), folder / "figures" / "mistakes.png")
