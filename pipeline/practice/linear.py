"""The linear classifier on pixels: least squares on one-hot labels with a ridge penalty, solved exactly.

A baseline that every network should beat. Hoerl and Kennard 1970, https://doi.org/10.1080/00401706.1970.10488634.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_CHUNK = 4000


@dataclass(frozen=True, kw_only=True)
class LinearClassifier:
    """Scores = pixels / 255 @ weights + bias."""

    weights: np.ndarray
    """float64, pixels x classes."""

    bias: np.ndarray
    """float64, classes."""

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of uint8 images, float32 N x classes; the largest one is the prediction."""
        weights, bias = self.weights.astype(np.float32), self.bias.astype(np.float32)
        return np.concatenate([pixels @ weights + bias for _, pixels in _chunks(images)])


@dataclass(frozen=True, kw_only=True)
class Moments:
    """What least squares needs of a set of images; the moments of two sets add up."""

    count: int
    pixels: np.ndarray
    """float64: sum of the pixels."""
    squares: np.ndarray
    """float64, pixels x pixels: sum of their products."""
    labels: np.ndarray
    """float64: number of images of each class."""
    products: np.ndarray
    """float64, pixels x classes: sum of the pixels of each class."""

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})


def moments(images: np.ndarray, labels: np.ndarray, classes: int = 10) -> Moments:
    """The moments of uint8 images N x H x W x C (scaled to 0 to 1) and their labels, computed in chunks."""
    width = int(np.prod(images.shape[1:]))
    one_hot = np.eye(classes, dtype=np.float32)[labels]
    squares, products = np.zeros((width, width)), np.zeros((width, classes))
    total = np.zeros(width)
    for part, pixels in _chunks(images):
        squares += pixels.T @ pixels
        products += pixels.T @ one_hot[part]
        total += pixels.sum(axis=0, dtype=np.float64)
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    return Moments(count=len(images), pixels=total, squares=squares, labels=counts, products=products)


def fit(data: Moments, penalty: float) -> LinearClassifier:
    """Minimise the squared error plus `penalty` times the squared weights; the bias is not penalised.

    With centred pixels X and centred one-hot labels Y: weights = (X'X + penalty I)^-1 X'Y.
    """
    mean, share = data.pixels / data.count, data.labels / data.count
    covariance = data.squares - data.count * np.outer(mean, mean)
    covariance[np.diag_indices_from(covariance)] += penalty
    weights = np.linalg.solve(covariance, data.products - data.count * np.outer(mean, share))
    return LinearClassifier(weights=weights, bias=share - mean @ weights)


def _chunks(images: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    for start in range(0, len(images), _CHUNK):
        part = slice(start, start + _CHUNK)
        chunk = images[part]
        yield part, chunk.reshape(len(chunk), -1).astype(np.float32) / np.float32(255)
