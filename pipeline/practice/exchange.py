"""A test set to which the published labels do not belong: exchanged and slightly changed images.

Test images are exchanged with training images, so labels looked up by number are right only by chance there. Every
test image is changed a little, so a search for the exact image fails. A search for the most similar image still
works: public images cannot be hidden.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import OWN_SPLIT, STAND_IN, Dataset

SHIFT = 2  # pixels, at most, in both directions
BRIGHTNESS, NOISE = 0.06, 2.5  # largest relative change; standard deviation in grey levels (0 to 255)
BLOCK = 1000


@dataclass(frozen=True)
class ExchangedData:
    """The new data set, the labels of its test images (int64 M), and which of these were exchanged (bool M)."""

    dataset: Dataset
    labels: np.ndarray
    exchanged: np.ndarray


def exchange(dataset: Dataset, labels: np.ndarray, count: int, seed: int) -> ExchangedData:
    """Let `count` test images change places with training images, equally many of each class.

    So both sets keep their sizes and, as nearly as possible, the shares of their classes. The new position of an image
    is random and independent of its class. If all test images are exchanged, it is a new split.

    Args:
        dataset: 0 < count <= number of its test and of its training images.
        labels: of the test images, int64 M.
        seed: decides which images are exchanged; keep it secret.

    Raises:
        UserError: the count does not fit.
    """
    most = min(len(labels), len(dataset.train_labels))
    if not 0 < count <= most:
        raise UserError(f"--exchange {count}: it must lie between 1 and {most}, the images that there are")
    draw = np.random.Generator(np.random.PCG64(seed))
    out, into = _draw_stratified(labels, count, draw), _draw_stratified(dataset.train_labels, count, draw)
    test_images, train_images = dataset.test_images.copy(), dataset.train_images.copy()
    test_labels, train_labels = labels.copy(), dataset.train_labels.copy()
    test_images[out], train_images[into] = dataset.train_images[into], dataset.test_images[out]
    test_labels[out], train_labels[into] = dataset.train_labels[into], labels[out]
    mask = np.zeros(len(labels), dtype=bool)
    mask[out] = True
    new = replace(dataset, train_images=train_images, train_labels=train_labels, test_images=test_images)
    return ExchangedData(rename_source(new), test_labels, mask)


def rename_source(dataset: Dataset) -> Dataset:
    """The data set with a new name, so that its scores are not mistaken for CIFAR-10's; the stand-in keeps its name."""
    return dataset if dataset.name == STAND_IN else replace(dataset, name=OWN_SPLIT)


def _draw_stratified(labels: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    """`count` indices in random order; the shares of their classes are, when rounded, those of the labels."""
    keys = draw.random(len(labels))
    # The position of each image within its class, from 0 to 1: the first of all classes are taken at the same rate.
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members[np.argsort(keys[members])]] = (np.arange(len(members)) + draw.random()) / len(members)
    return draw.permutation(np.argsort(place)[:count])


def perturb(images: np.ndarray, seed: int) -> np.ndarray:
    """Move every image by one or two pixels, mirror half of them, change the brightness, and add a little noise.

    Args:
        images: uint8, N x S x S x 3.
        seed: determines every change.

    Returns:
        uint8, N x S x S x 3.
    """
    draw = np.random.Generator(np.random.PCG64([seed, 1]))
    blocks = [_perturb_block(images[start : start + BLOCK], draw) for start in range(0, len(images), BLOCK)]
    return np.concatenate(blocks)


def _perturb_block(images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    size = images.shape[1]
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
    choices = [(y, x) for y in range(2 * SHIFT + 1) for x in range(2 * SHIFT + 1) if (y, x) != (SHIFT, SHIFT)]
    moved = np.empty(images.shape, np.float32)
    for number, choice in enumerate(draw.integers(0, len(choices), len(images))):
        y, x = choices[choice]
        moved[number] = padded[number, y : y + size, x : x + size]
    mirrored = draw.random(len(images)) < 0.5
    moved[mirrored] = moved[mirrored, :, ::-1]
    moved *= 1 + BRIGHTNESS * (2 * draw.random((len(images), 1, 1, 1)) - 1)
    moved += NOISE * draw.standard_normal(moved.shape, dtype=np.float32)
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)
