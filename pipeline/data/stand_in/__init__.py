"""The stand-in for CIFAR-10 if there is neither data nor a network: scenes of the ten classes, drawn from a seed."""

import sys
from pathlib import Path

import numpy as np

from pipeline.core.images import CLASSES, STAND_IN, Dataset
from pipeline.data.stand_in.scenes import draw

NAME = STAND_IN
SIGNS = "nothing: it is drawn"
HAS_TEST_LABELS = True


def find_dataset(directory: Path) -> None:
    """None: the images are drawn, and are stored nowhere."""


def load(folder: Path, why: str) -> Dataset:
    """10,000 training and 2,000 test images, always the same ones; prints a banner on stderr.

    Args:
        folder: ignored.
        why: the reason for this source, for the banner and the log.
    """
    origin = f"stand-in, drawn by this program and NOT CIFAR-10: {why}"
    warn(origin)
    train_images, train_labels = draw("train")
    test_images, _ = draw("test")
    return Dataset(
        name=NAME,
        origin=origin,
        classes=CLASSES,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_ids=np.arange(1, len(test_images) + 1),
    )


def test_labels(directory: Path) -> np.ndarray:
    """The classes of the drawn test images, int64, 2,000."""
    return draw("test")[1]


def warn(origin: str) -> None:
    """Print a banner: scores on the stand-in say nothing about CIFAR-10."""
    rule = "*" * 88
    print(
        f"{rule}\n  STAND-IN DATA: {origin}\n"
        "  Scores on it say nothing about CIFAR-10. Set DATA_DIR to real data; --data.source cifar10 forbids this.\n"
        f"{rule}",
        file=sys.stderr,
    )
