"""The official batches: layout, verification, what a missing or damaged one says."""

import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import UserError
from pipeline.data import cifar10

REAL = cifar10.find_dataset(Path(os.environ.get("DATA_DIR") or "data").absolute())


def test_images_and_labels_come_back_in_the_order_of_the_batches(batches):
    folder, images, labels = batches
    dataset = cifar10.load(cifar10.find_dataset(folder), why="a test")
    np.testing.assert_array_equal(dataset.train_images, images[:50])
    np.testing.assert_array_equal(dataset.train_labels, labels[:50])
    np.testing.assert_array_equal(dataset.test_images, images[50:])
    np.testing.assert_array_equal(dataset.test_ids, np.arange(1, 11))
    assert dataset.train_images.dtype == np.uint8
    assert dataset.train_labels.dtype == dataset.test_ids.dtype == np.int64
    assert (dataset.name, dataset.classes[3]) == ("cifar10", "cat")


def test_the_dataset_holds_no_test_labels(batches):
    dataset = cifar10.load(cifar10.find_dataset(batches[0]), why="a test")
    arrays = [value for value in vars(dataset).values() if isinstance(value, np.ndarray)]
    assert sorted(map(len, arrays)) == [10, 10, 50, 50]
    np.testing.assert_array_equal(dataset.test_ids, np.arange(1, 11))


def test_the_batches_are_found_in_the_folder_or_as_the_folder(batches, tmp_path):
    folder = batches[0]
    assert cifar10.find_dataset(folder) == cifar10.find_dataset(folder / cifar10.FOLDER) == folder / cifar10.FOLDER
    (tmp_path / "empty").mkdir()
    assert cifar10.find_dataset(tmp_path / "empty") is None


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch"])
def test_a_missing_batch_is_named(batches, name):
    path = batches[0] / cifar10.FOLDER / name
    path.unlink()
    with pytest.raises(UserError, match=f"{name}: cannot read.*No such file.*copy its files again"):
        cifar10.load(path.parent, why="a test")


def test_a_damaged_batch_is_named_with_both_sums(batches):
    path = batches[0] / cifar10.FOLDER / "data_batch_2"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match=rf"data_batch_2.*MD5 [0-9a-f]{{32}}, expected {cifar10.MD5['data_batch_2']}"):
        cifar10.load(path.parent, why="a test")


def test_nothing_is_unpickled_before_it_is_verified(batches, tmp_path):
    path = batches[0] / cifar10.FOLDER / "data_batch_1"
    path.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "owned").encode() + b"'\ntR.")
    with pytest.raises(UserError, match="damaged"):
        cifar10.load(path.parent, why="a test")
    assert not (tmp_path / "owned").exists()


def test_an_empty_folder_of_batches_is_an_error(tmp_path):
    (tmp_path / cifar10.FOLDER).mkdir()
    with pytest.raises(UserError, match="data_batch_1: cannot read"):
        cifar10.load(cifar10.find_dataset(tmp_path), why="a test")


def test_the_sums_are_those_that_torchvision_publishes():
    from torchvision.datasets import CIFAR10

    assert dict(CIFAR10.train_list + CIFAR10.test_list) == cifar10.MD5


@pytest.mark.skipif(REAL is None, reason="needs the official batches in DATA_DIR")
def test_the_real_batches_have_the_published_statistics():
    dataset = cifar10.load(REAL, why="a test")
    assert dataset.train_images.shape == (50_000, 32, 32, 3)
    assert dataset.test_images.shape == (10_000, 32, 32, 3)
    np.testing.assert_array_equal(np.bincount(dataset.train_labels), [5000] * 10)
    mean = dataset.train_images.reshape(-1, 3).mean(axis=0, dtype=np.float64) / 255
    np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=1e-4)
