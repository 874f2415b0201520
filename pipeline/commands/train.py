"""`python -m pipeline train`: one run from images to submission.csv."""

import contextlib
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from pipeline.errors import UserError

# Labelled images that the confusion matrix and the mistakes are drawn from, at most.
DRAWN = 10_000


def main(arguments: list[str]) -> int:
    """Parse, train (or go on with --resume RUN), predict, draw, and say what to do next."""
    from pipeline.runtime import prepare

    prepare()
    from pipeline.config import parse, recipe_parser

    parser = recipe_parser()
    parser.add_argument("--resume", metavar="RUN", help="go on with this run folder, with its own recipe")
    parser.add_argument("--name", metavar="NAME", help="the recipe's name in runs/; by default the config's file name")
    if {"-h", "--help"} & set(arguments):
        parser.print_help()
        return 0
    namespace, recipe = parse(parser, arguments)
    if namespace.resume:
        return resume(Path(namespace.resume), arguments)
    configs = namespace.config or []
    name = namespace.name or (Path(str(configs[-1])).stem if configs else "default")
    return run(recipe, name)


def resume(folder: Path, arguments: list[str]) -> int:
    """Go on with a run: its recipe is the one in its folder, and nothing may be changed."""
    from pipeline import runs

    if folder.is_symlink() or not folder.name:  # runs/latest, or a dot: the folder's own place names its recipe
        folder = folder.resolve()

    if len(arguments) > 1 + ("=" not in arguments[0]):
        raise UserError("--resume takes the run's own recipe; leave the other options out, or start a new run")
    return run(runs.open_run(folder), folder.parent.name, folder)


def run(recipe, name: str, folder: Path | None = None) -> int:
    """Train and predict in a new run folder, or go on in the given one; the exit code."""
    from pytorch_lightning.utilities.rank_zero import rank_zero_only

    from pipeline import runs, tracking
    from pipeline.callbacks.stop import Stopped
    from pipeline.data import sources
    from pipeline.train import accelerator, check

    accelerator(recipe.train)
    clock = Clock()
    dataset = sources.load(recipe.data)
    recipe = replace(recipe, data=sources.pinned(recipe.data, dataset))
    check(recipe, dataset)
    clock.lap("data")
    resuming = folder is not None
    root = folder.resolve().parent.parent if resuming else Path(recipe.log.runs)
    if rank_zero_only.rank:
        return assist(recipe, dataset, folder or root / name, resuming)
    print(f"data: {dataset.origin}")
    folder = folder or runs.create(root, name, dataset.name, recipe)
    mode, why = tracking.choose_mode(recipe.log.wandb)
    print(f"run: {folder}   W&B: {mode} ({why})")
    tags = [name, dataset.name]
    logger = tracking.wandb_logger(recipe.log, mode, folder, f"{name}-{folder.name}", tags, asdict(recipe))
    try:
        summary = work(recipe, name, dataset, folder, resuming, logger, clock)
    except UserError:
        tracking.close(logger, failed=True)
        raise
    except Stopped as stop:
        tracking.close(logger, failed=True)
        print(f"stopped by {stop}; go on with: python -m pipeline train --resume {folder}", file=sys.stderr)
        return stop.exit_code
    runs.point_latest(folder, root)
    checkpoint = runs.checkpoint_path(folder, recipe.predict.checkpoint)
    tracking.record_files(logger, folder, checkpoint)
    closing_lines(summary, folder, tracking.how_to_look(logger, mode, folder))
    return 0


def assist(recipe, dataset, folder: Path, resuming: bool) -> int:
    """Train as one of the further processes: the first one keeps the folder, predicts and reports.

    Also when stopped: Lightning kills the first process, which may still be writing, where another one's code is not 0.
    """
    from pipeline.callbacks.stop import Stopped
    from pipeline.train import train

    with contextlib.suppress(Stopped):
        train(recipe, dataset, folder, resume=resuming)
    return 0


def work(recipe, name: str, dataset, folder: Path, resuming: bool, logger, clock: "Clock") -> dict:
    """Train, predict, draw and summarise; the summary that summary.json holds."""
    from pipeline import hardware, runs
    from pipeline.predict import write_submission
    from pipeline.train import train, uses_bf16

    resumed = resuming and (folder / "checkpoints" / "last.ckpt").exists()
    train(recipe, dataset, folder, resume=resuming, loggers=[logger] if logger else [])
    clock.lap("training")
    table = predict_test(folder, recipe, dataset, "predicting")
    write_submission(folder / "submission.csv", dataset.test_ids, table, dataset.classes)
    clock.lap("prediction")
    judged = judge(recipe, runs.load_network(folder, recipe, len(dataset.classes)), dataset, folder)
    clock.lap("figures")
    before = runs.read_summary(folder) if resuming else None
    if before:  # it was finished already: nothing was trained now
        clock.seconds["training"] = before["seconds"]["training"]
    summary = {
        "recipe": name,
        "data": dataset.name,
        "seed": recipe.seed,
        "precision": "bf16" if uses_bf16(recipe.train) else "fp32",
        **judged,
        "resumed": before.get("resumed", False) if before else resumed,
        "seconds": clock.seconds,
        "hardware": hardware.describe(),
    }
    runs.write_summary(folder, summary)
    return summary


def judge(recipe, network, dataset, folder: Path) -> dict:
    """Accuracy on all held-out images and figures of some, or, where none are held out, figures of training images."""
    import numpy as np

    from pipeline import report

    rows, held_out = recipe.data.rows(dataset.train_labels)
    part, chosen = ("validation", held_out) if len(held_out) else ("training", rows[:DRAWN])
    images, labels = dataset.train_images[chosen], dataset.train_labels[chosen]
    table = with_progress(network, images, recipe, f"judging {part} images", views=1)
    report.write_figures(folder, images[:DRAWN], labels[:DRAWN], table[:DRAWN], dataset.classes, part)
    accuracy = float(np.mean(table.argmax(1) == labels))
    return {"validation_accuracy": accuracy} if part == "validation" else {}


def predict_test(folder: Path, recipe, dataset, title: str):
    """Class probabilities of the test images, kept in the run folder, with a progress bar on a terminal."""
    from pipeline.data.progress import progress
    from pipeline.inference import predict_run

    with progress(title, total=len(dataset.test_images)) as advance:
        return predict_run(folder, recipe, dataset.test_images, len(dataset.classes), "probabilities", advance)


def with_progress(network, images, recipe, title: str, views: int | None = None):
    """Class probabilities, with a progress bar on a terminal."""
    from rich.progress import track

    from pipeline.predict import probabilities
    from pipeline.train import device_of, uses_bf16

    config = recipe.predict if views is None else replace(recipe.predict, views=views)
    batches = range(0, len(images), config.batch_size)
    ticks = iter(track(batches, description=title, transient=True, disable=not sys.stdout.isatty()))
    next(ticks, None)
    return probabilities(
        network, images, config, device_of(recipe.train), uses_bf16(recipe.train), lambda _: next(ticks, None)
    )


def closing_lines(summary: dict, folder: Path, look: str) -> None:
    """What came out, and what to do next."""
    mark = "STAND-IN DATA, not CIFAR-10: " if summary["data"] == "stand-in" else ""
    seconds = summary["seconds"]
    since = " since it was resumed" if summary["resumed"] else ""
    print(f"{mark}trained in {seconds['training']:.1f} s{since}, predicted in {seconds['prediction']:.1f} s")
    if "validation_accuracy" in summary:
        print(
            f"{mark}validation accuracy {summary['validation_accuracy']:.2%} (held out of the training set, one view)"
        )
    print(f"submission: {folder / 'submission.csv'}")
    print(look)


class Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap on this stage."""
        now = time.perf_counter()
        self.seconds[stage], self.last = round(now - self.last, 2), now
