"""The linear classifier against numpy's least squares on the augmented system, and against optimality."""

import numpy as np
import pytest

from pipeline.practice import linear
from pipeline.practice.linear import fit, moments

GENERATOR = np.random.Generator(np.random.PCG64(4))
IMAGES = GENERATOR.integers(256, size=(90, 3, 4, 3), dtype=np.uint8)
LABELS = GENERATOR.integers(5, size=90)


def by_least_squares(images, labels, penalty):
    """Weights and bias: the penalty as rows of the system, the bias as a column that they leave alone."""
    pixels = images.reshape(len(images), -1) / 255
    width = pixels.shape[1]
    system = np.block([[pixels, np.ones((len(pixels), 1))], [np.sqrt(penalty) * np.eye(width), np.zeros((width, 1))]])
    targets = np.concatenate([np.eye(5)[labels], np.zeros((width, 5))])
    solution = np.linalg.lstsq(system, targets, rcond=None)[0]
    return solution[:-1], solution[-1]


@pytest.mark.parametrize("penalty", [0.1, 3.0, 1000.0])
def test_the_fit_is_the_least_squares_solution(penalty):
    weights, bias = by_least_squares(IMAGES, LABELS, penalty)
    ours = fit(moments(IMAGES, LABELS, classes=5), penalty)
    np.testing.assert_allclose(ours.weights, weights, atol=1e-4)
    np.testing.assert_allclose(ours.bias, bias, atol=1e-4)
    other = fit(moments(IMAGES, LABELS, classes=5), 2 * penalty)
    assert not np.allclose(other.weights, weights, atol=1e-4)


def test_moments_of_two_parts_add_up(monkeypatch):
    monkeypatch.setattr(linear, "_CHUNK", 7)
    whole = moments(IMAGES, LABELS, classes=5)
    parts = moments(IMAGES[:31], LABELS[:31], classes=5) + moments(IMAGES[31:], LABELS[31:], classes=5)
    for name, value in vars(whole).items():
        np.testing.assert_allclose(getattr(parts, name), value, rtol=1e-5)


def test_the_scores_are_those_of_the_weights(monkeypatch):
    monkeypatch.setattr(linear, "_CHUNK", 7)
    classifier = fit(moments(IMAGES, LABELS, classes=5), 1.0)
    expected = IMAGES.reshape(90, -1) / 255 @ classifier.weights + classifier.bias
    np.testing.assert_allclose(classifier.scores(IMAGES), expected, atol=1e-5)
