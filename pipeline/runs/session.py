"""One run from images to submission.csv: train, predict, judge, draw, and say what to do next."""

import contextlib
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from pipeline.core import hardware
from pipeline.core.files import path_of
from pipeline.core.images import Dataset, result_prefix
from pipeline.core.progress import progress
from pipeline.core.signals import described
from pipeline.data import sources
from pipeline.data.splits import Split
from pipeline.prediction.submission import write_submission
from pipeline.prediction.views import probabilities
from pipeline.runs import figures, held_out, tracking
from pipeline.runs import folder as runs
from pipeline.runs.comparison import compare_with_recipes
from pipeline.runs.predictions import predict_test
from pipeline.training.callbacks.stop import Stopped
from pipeline.training.checks import check
from pipeline.training.devices import accelerator, device_of, half_type, precision_of
from pipeline.training.recipe import Recipe
from pipeline.training.train import train

# The most labelled images for the confusion matrix and the mistakes.
DRAWN = 10_000


def resume(folder: Path, *, trust: bool = False, length: str | None = None) -> int:
    """Resume a run: its recipe is the one in its folder; return the exit code.

    `trust` allows code from the folder to run; `length` trains longer than the recipe says.
    """
    if folder.is_symlink() or not folder.name:  # runs/latest, or a dot: the resolved path contains the recipe's name
        folder = folder.resolve()
    if length:
        runs.extend_length(folder, length)
    return run(runs.open_run(folder, trust=trust), folder.parent.name, folder)


def run(recipe: Recipe, name: str, folder: Path | None = None, *, alone: bool = True) -> int:
    """Like `run_in_folder`, but return only the exit code."""
    return run_in_folder(recipe, name, folder, alone=alone)[0]


def run_in_folder(recipe: Recipe, name: str, folder: Path | None = None, *, alone: bool = True) -> tuple[int, Path]:
    """Train and predict in a new run folder, or resume the given one; return the exit code and the folder.

    `alone`: whether to print how to look at the run; a sweep prints that once for all.
    """
    accelerator(recipe.train)
    clock = Clock()
    dataset = sources.load(recipe.data)
    recipe = replace(recipe, data=sources.exact_config(recipe.data, dataset))
    split = recipe.data.split(dataset.train_labels)
    check(recipe, dataset, split)
    clock.lap("data")
    resuming = folder is not None
    root = folder.resolve().parent.parent if folder else path_of(recipe.log.runs)
    if rank_zero_only.rank:
        return train_beside_first(recipe, dataset, split, folder or root / name, resuming), folder or root / name
    print(f"data: {dataset.origin}")
    folder = folder or runs.create(root, name, dataset.name, recipe)
    mode, why = tracking.choose_mode(recipe.log.wandb)
    print(f"run: {folder}   W&B: {mode} ({why})")
    if resuming and runs.read_summary(folder):
        print("this run is finished; its prediction and figures are written again")
    tags = [name, dataset.name]
    logger = tracking.wandb_logger(recipe.log, mode, folder, f"{name}-{folder.name}", tags, asdict(recipe))
    try:
        with runs.locked(folder):
            summary = train_and_predict(recipe, name, dataset, split, folder, resuming, logger, clock)
    except (Stopped, KeyboardInterrupt) as stop:
        tracking.close(logger, failed=True)
        code, reason = (stop.exit_code, stop) if isinstance(stop, Stopped) else described(stop)
        print(f"stopped by {reason}; resume with: python -m pipeline train --resume {folder}", file=sys.stderr)
        return code, folder
    except BaseException:
        tracking.close(logger, failed=True)
        raise
    runs.link_latest(folder, root)
    checkpoint = runs.checkpoint_path(folder, recipe.predict.checkpoint)
    tracking.record_files(logger, folder, checkpoint, dataset.train_images)
    closing_lines(summary, folder)
    if alone:
        print(tracking.viewing_hint(logger, mode, folder))
    return 0, folder


def train_beside_first(recipe: Recipe, dataset: Dataset, split: Split, folder: Path, resuming: bool) -> int:
    """Train as one of several processes, but not the first one, which writes the folder, predicts and reports.

    Returns 0 even if stopped: Lightning kills the first process, which may still be writing, if another one fails.
    """
    with contextlib.suppress(Stopped):
        train(recipe, dataset, split, folder, resume=resuming)
    return 0


def train_and_predict(
    recipe: Recipe, name: str, dataset: Dataset, split: Split, folder: Path, resuming: bool, logger, clock: "Clock"
) -> dict:
    """Train, predict, draw and summarise; return what summary.json holds."""
    resumed = resuming and (folder / "checkpoints" / "last.ckpt").exists()
    train(recipe, dataset, split, folder, resume=resuming, loggers=[logger] if logger else [])
    clock.lap("training")
    table = predict_test(folder, recipe, dataset, "predicting")
    write_submission(folder / "submission.csv", dataset.test_ids, table, dataset.classes)
    clock.lap("prediction")
    judged = evaluate(recipe, dataset, split, folder)
    clock.lap("figures")
    before = runs.read_summary(folder) if resuming else None
    if before:  # the run was finished before: nothing was trained now
        clock.seconds["training"] = before["seconds"]["training"]
    summary = {
        "recipe": name,
        "data": dataset.name,
        "seed": recipe.seed,
        "precision": precision_of(recipe.train),
        **judged,
        "resumed": before.get("resumed", False) if before else resumed,
        "seconds": clock.seconds,
        "hardware": hardware.describe(),
    }
    runs.write_summary(folder, summary)
    return summary


def evaluate(recipe: Recipe, dataset: Dataset, split: Split, folder: Path) -> dict:
    """Accuracy on all held-out images, and figures of some of them.

    Without held-out images, figures of training images.
    """
    part, chosen = ("validation", split.held_out) if len(split.held_out) else ("training", split.training[:DRAWN])
    images, labels = dataset.train_images[chosen], dataset.train_labels[chosen]
    network = runs.load_network(folder, recipe, len(dataset.classes))
    config, device, half = replace(recipe.predict, views=1), device_of(recipe.train), half_type(recipe.train)
    with progress(f"judging {part} images", total=len(images)) as advance:
        table = probabilities(network, images, config, device, half, advance)
    if part == "validation":
        held_out.write(folder, chosen, labels, table, images, dataset.classes)
    figures.write_figures(folder, images[:DRAWN], labels[:DRAWN], table[:DRAWN], dataset.classes, part)
    accuracy = float(np.mean(table.argmax(1) == labels))
    return {"validation_accuracy": accuracy} if part == "validation" else {}


def closing_lines(summary: dict, folder: Path) -> None:
    """Print the results, and what to do next."""
    data, seconds = result_prefix(summary["data"]), summary["seconds"]
    since = " since it was resumed" if summary["resumed"] else ""
    print(f"{data}trained in {seconds['training']:.1f} s{since}, predicted in {seconds['prediction']:.1f} s")
    if "validation_accuracy" in summary:
        accuracy = f"{summary['validation_accuracy']:.2%}"
        print(f"{data}validation accuracy {accuracy} (held out of the training set, one view)")
    if line := compare_with_recipes(summary):
        print(line)
    print(f"submission: {folder / 'submission.csv'}")


class Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to this stage."""
        now = time.perf_counter()
        self.seconds[stage], self.last = round(now - self.last, 2), now
