"""`python -m pipeline recurrent`: the module's own commands, `diagnose` for a finished run, and `benchmark`."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.recurrent.commands import cli

if TYPE_CHECKING:
    from pipeline.recurrent import Recording


def parser() -> argparse.ArgumentParser:
    """The commands and their options, `diagnose` and `benchmark` among them."""
    return cli.parser(record_run, run_benchmark)


def main(argv: list[str]) -> int:
    """Run one command; 0, 1 if a check failed, 2 for a user's mistake."""
    return cli.main(argv, record_run, run_benchmark)


def record_run(folder: Path, examples: int, *, initial: bool = False) -> "tuple[Recording, str]":
    """Record one pass of a run's network over held-out images (training images if none are held out).

    initial: the network before training, as the run's recipe and seed make it. Returns the recording and a line that
    says what was recorded. Raises the pipeline's UserError for a folder that is not a run, and RecurrentError for a
    network without recurrence.
    """
    import torch
    from torch import nn

    from pipeline.data import sources
    from pipeline.data.augment import normalise
    from pipeline.recurrent import record_step
    from pipeline.runs import folder as runs
    from pipeline.training.train import initial_network

    recipe = runs.open_run(folder)
    dataset = sources.load(recipe.data)
    rows, held_out = recipe.data.split(dataset.train_labels)
    part, chosen = ("held-out", held_out) if len(held_out) else ("training", rows)
    chosen = chosen[:examples]
    classes = len(dataset.classes)
    if initial:
        network = initial_network(recipe, dataset.train_images[rows], classes).eval()
    else:
        network = runs.load_network(folder, recipe, classes)
    images = normalise(torch.from_numpy(dataset.train_images[chosen]))
    labels = torch.from_numpy(dataset.train_labels[chosen])
    recording = record_step(network, lambda: nn.functional.cross_entropy(network(images), labels))
    when = "before training" if initial else "trained"
    return recording, f"{recipe.model.name}, {when}, {len(chosen)} {part} images of {dataset.name}"


def run_benchmark(repeats: int, scale: float, threads: int | None) -> int:
    """Print the table; 1 if a target is missed at full scale."""
    import torch

    from pipeline.benchmark import recurrent
    from pipeline.benchmark.printing import console, measured_table

    if threads:
        torch.set_num_threads(threads)
    rows = []

    def cells() -> Iterator[tuple[str, ...]]:
        for row in recurrent.rows(repeats, scale):
            rows.append(row)
            yield recurrent.cells(row)

    title = f"torch {torch.__version__}, {torch.get_num_threads()} thread(s), medians of {repeats}"
    console().print(measured_table(title, recurrent.HEADINGS, cells(), len(recurrent.NAMES)))
    if scale < 1:
        print(f"scale {scale:g}: sequences are shorter than the targets are for")
        return 0
    missed = [row.name for row in rows if row.target is not None and row.value > row.target]
    print(f"above the target: {'; '.join(missed)}" if missed else "all targets are met")
    return 1 if missed else 0
