"""The stand-in's images: repeatable, even, apart from each other, hard for a linear classifier and not impossible."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.images import CLASSES
from pipeline.data import stand_in
from pipeline.data.stand_in.scenes import draw


def ridge_accuracy(train, test, penalty=300.0):
    """Test accuracy of the linear least-squares classifier on pixels, in closed form."""
    (images, labels), (test_images, test_labels) = train, test
    inputs = images.reshape(len(images), -1) / np.float32(255)
    mean = inputs.mean(axis=0)
    inputs -= mean
    targets = np.eye(10, dtype=np.float32)[labels] - 0.1
    # As many unknowns as images, in the dual form: cheaper than as many as pixels.
    kernel = inputs @ inputs.T + penalty * np.eye(len(inputs), dtype=np.float32)
    weights = inputs.T @ np.linalg.solve(kernel, targets)
    scores = (test_images.reshape(len(test_images), -1) / np.float32(255) - mean) @ weights
    return (scores.argmax(axis=1) == test_labels).mean()


@pytest.fixture(scope="module")
def train():
    return draw("train", count=1500)


@pytest.fixture(scope="module")
def test():
    return draw("test", count=500)


def test_shapes_types_and_even_classes(train):
    images, labels = train
    assert (images.shape, images.dtype, labels.dtype) == ((1500, 32, 32, 3), np.uint8, np.int64)
    np.testing.assert_array_equal(np.bincount(labels), [150] * 10)
    assert len(np.unique(labels[:30])) > 5


def test_the_seed_decides_every_pixel():
    first, again, other = (draw("test", count=20, seed=seed)[0] for seed in (1, 1, 2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(again).digest()
    assert not np.array_equal(first, other)


def test_no_image_is_in_both_splits_or_twice(train, test):
    digests = [hashlib.sha256(image.tobytes()).digest() for image in np.concatenate([train[0], test[0]])]
    assert len(set(digests)) == 2000


def test_the_images_are_varied(train):
    images = train[0].astype(np.float32)
    assert images.std(axis=0).min() > 35
    assert 90 < images.mean() < 165
    assert ((images == 0) | (images == 255)).mean() < 0.1


def test_a_linear_classifier_learns_something_and_not_much(train, test):
    assert 0.15 < ridge_accuracy(train, test) < 0.6


def test_the_difficulty_test_can_fail():
    labels = np.tile(np.arange(10), 30)
    easy = np.zeros((300, 32, 32, 3), np.uint8)
    easy[np.arange(300), labels] = 200
    assert ridge_accuracy((easy, labels), (easy, labels), penalty=0.1) > 0.95


def test_each_class_has_its_own_shape(train, test):
    """Nearest training image by blurred edges, blind to colour: far above chance for every class."""

    def edges(images):
        grey = images.astype(np.float32).mean(axis=3)
        slope = np.abs(np.diff(grey, axis=1))[:, :, 1:] + np.abs(np.diff(grey, axis=2))[:, 1:]
        cells = slope[:, 3:, 3:].reshape(len(images), 7, 4, 7, 4).mean(axis=(2, 4)).reshape(len(images), -1)
        return cells / np.linalg.norm(cells, axis=1, keepdims=True)

    nearest = (edges(test[0]) @ edges(train[0]).T).argsort(axis=1)[:, -15:]
    votes = np.stack([np.bincount(train[1][row], minlength=10) for row in nearest])
    assert (votes.argmax(axis=1) == test[1]).mean() > 0.2


def test_the_dataset_has_no_test_labels_and_a_banner(monkeypatch, capsys):
    monkeypatch.setattr(stand_in, "draw", lambda split: draw(split, count=20))
    dataset = stand_in.load(Path(), "nothing else was there")
    assert (dataset.name, dataset.classes) == ("stand-in", CLASSES)
    np.testing.assert_array_equal(dataset.test_ids, np.arange(1, 21))
    assert "NOT CIFAR-10: nothing else was there" in dataset.origin
    assert dataset.origin in capsys.readouterr().err


@pytest.mark.slow
def test_the_whole_stand_in_is_drawn_within_its_time():
    import time

    begin = time.process_time()
    sizes = [len(draw(split)[0]) for split in ("train", "test")]
    assert sizes == [10_000, 2_000]
    assert time.process_time() - begin < 10


@pytest.mark.slow
def test_a_linear_classifier_on_all_of_it_stays_under_60_percent():
    assert ridge_accuracy(draw("train"), draw("test")) < 0.6
