"""The linear baseline: choose its penalty on held-out images, and write its submission."""

from pathlib import Path

import numpy as np

from pipeline.core.progress import progress
from pipeline.data import sources
from pipeline.data.settings import DataConfig
from pipeline.data.splits import split
from pipeline.practice.linear import LinearClassifier, fit, moments
from pipeline.prediction.submission import write_submission

PENALTIES = (1e1, 1e2, 1e3, 1e4)
HELD_OUT = 0.1
"""Share of the training images on which the penalty is chosen."""


def write_linear(out: Path, source: DataConfig, seed: int = 0) -> str:
    """Write the submission of the linear classifier for a source; return two lines on it."""
    dataset = sources.load(source)
    classifier, penalty, accuracy = choose_penalty(dataset.train_images, dataset.train_labels, seed)
    write_submission(out, dataset.test_ids, classifier.scores(dataset.test_images), dataset.classes)
    return (
        f"images: {dataset.origin}\n"
        f"linear classifier on pixels: validation accuracy {accuracy:.2%} (penalty {penalty:g}), then fitted to all "
        f"{len(dataset.train_labels)} training images"
    )


def choose_penalty(images: np.ndarray, labels: np.ndarray, seed: int) -> tuple[LinearClassifier, float, float]:
    """The classifier fitted to all images with the penalty that is best on a tenth of them.

    The penalty; its accuracy.
    """
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
