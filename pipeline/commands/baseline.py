"""`python -m pipeline baseline`: a submission of the linear classifier on pixels, the floor of a leaderboard."""

import argparse
from pathlib import Path

import numpy as np

from pipeline.commands.source_options import add_source_options, source_config

PENALTIES = (1e1, 1e2, 1e3, 1e4)
HELD_OUT = 0.1
"""Share of the training images that choose the penalty."""


def main(argv: list[str]) -> int:
    """Fit, predict, write the CSV and say how to score it; the exit code."""
    arguments = _parser().parse_args(argv)
    print(write_linear(arguments.out, source_config(arguments), arguments.seed))
    print(f"wrote {arguments.out}; score it with: python -m leaderboard score {arguments.out} --solution SOLUTION")
    return 0


def write_linear(out: Path, source, seed: int = 0) -> str:
    """Write the linear classifier's submission on a SourceConfig's images; what it was, in two lines."""
    from pipeline.data.sources import load
    from pipeline.predict import write_submission

    dataset = load(source)
    classifier, penalty, accuracy = choose(dataset.train_images, dataset.train_labels, seed)
    write_submission(out, dataset.test_ids, classifier.scores(dataset.test_images), dataset.classes)
    return (
        f"images: {dataset.origin}\n"
        f"linear classifier on pixels: validation accuracy {accuracy:.2%} (penalty {penalty:g}), then fitted to all "
        f"{len(dataset.train_labels)} training images"
    )


def choose(images: np.ndarray, labels: np.ndarray, seed: int):
    """The classifier with the penalty that is best on a tenth of the images, fitted to all; penalty; its accuracy."""
    from pipeline.data.progress import progress
    from pipeline.data.splits import split
    from pipeline.models.linear import fit, moments

    train, validation = split(labels, round(HELD_OUT * len(labels)), seed)
    with progress("fitting the linear classifier", total=2 + len(PENALTIES)) as advance:
        trained = moments(images[train], labels[train])
        advance(1)
        held_out = moments(images[validation], labels[validation])
        advance(1)
        accuracies = {}
        for penalty in PENALTIES:
            predicted = fit(trained, penalty).scores(images[validation]).argmax(axis=1)
            accuracies[penalty] = float((predicted == labels[validation]).mean())
            advance(1)
    best = max(accuracies, key=accuracies.__getitem__)
    return fit(trained + held_out, best), best, accuracies[best]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline baseline",
        description="Write the submission CSV of the linear classifier on pixels, which every network should beat.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="CSV", help="the submission to write")
    parser.add_argument("--seed", type=int, default=0, help="chooses the validation images (default 0)")
    add_source_options(parser, ("auto", "cifar10", "kaggle", "stand-in"))
    return parser
