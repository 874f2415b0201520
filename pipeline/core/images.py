"""What every source of images gives: labelled training images, and test images with ids and no labels."""

from dataclasses import dataclass

import numpy as np

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""The ten class names in CIFAR-10's label order."""

SIZE = 32
"""Height and width of every image, in pixels."""


STAND_IN = "stand-in"
"""The name of the drawn images that stand in for CIFAR-10."""


def mark(name: str) -> str:
    """What a line about results on this source begins with: a warning if they are not CIFAR-10's."""
    return "STAND-IN DATA, not CIFAR-10: " if name == STAND_IN else ""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Images of one source. It holds no test labels: whoever has it cannot leak them."""

    name: str
    """What scores and runs are labelled with: `cifar10` for its images in any form, else the source's name."""

    origin: str
    """One line for the log: which source was taken, from where, and why."""

    classes: tuple[str, ...]
    """Class names in label order."""

    train_images: np.ndarray
    """uint8, N x S x S x 3; S is 32 for CIFAR."""

    train_labels: np.ndarray
    """int64, N."""

    test_images: np.ndarray
    """uint8, M x S x S x 3; read-only, and on disk (a memory map) if M is large."""

    test_ids: np.ndarray
    """int64, M: 1-based ids in the order of the test set."""

    layout: str = STAND_IN
    """The source that was read, by its name in the registry: a Kaggle folder may hold images of another `name`."""
