"""What every source of images provides: labelled training images, and test images with ids and without labels."""

from dataclasses import dataclass

import numpy as np

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""The ten class names in CIFAR-10's label order."""

SIZE = 32
"""Height and width of every image, in pixels."""


STAND_IN = "stand-in"
"""The name of the drawn images that stand in for CIFAR-10."""


OWN_SPLIT = "own-split"
"""The name of images whose test set is not the published one: see pipeline/practice/exchange.py."""


def result_prefix(name: str) -> str:
    """How a line about results on this source begins: with a warning if the images are not CIFAR-10's."""
    return "STAND-IN DATA, not CIFAR-10: " if name == STAND_IN else ""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Images of one source. It holds no test labels, so no user of it can leak them."""

    name: str
    """The label of scores and runs: `cifar10` for CIFAR-10's images in any format, otherwise the source's name."""

    origin: str
    """One line for the log: which source was taken, from where, and why."""

    classes: tuple[str, ...]
    """Class names in label order."""

    train_images: np.ndarray
    """uint8, N x S x S x 3; S is 32 for CIFAR."""

    train_labels: np.ndarray
    """int64, N."""

    test_images: np.ndarray
    """uint8, M x S x S x 3; read-only; a memory map of a file if M is large."""

    test_ids: np.ndarray
    """int64, M: ids from 1, in the order of the test set."""

    layout: str = STAND_IN
    """The source that was read, by its name in the registry; it can differ from `name` (a Kaggle folder)."""
