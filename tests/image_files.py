"""Small sources of images on disk: official batches with their own MD5s, and a Kaggle folder."""

import hashlib
import pickle

import numpy as np
import pytest
from PIL import Image

from pipeline.core.images import CLASSES
from pipeline.data import cifar10


@pytest.fixture
def no_data_directory(monkeypatch, tmp_path):
    """No test sees the user's data or cache, or writes into the folder it was started in."""
    monkeypatch.delenv("DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    monkeypatch.chdir(tmp_path)


def random_images(count, seed=0):
    return np.random.Generator(np.random.PCG64(seed)).integers(256, size=(count, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def batches(tmp_path, monkeypatch):
    """A folder with cifar-10-batches-py of 10 images a batch: (folder, images 60 x 32 x 32 x 3, labels 60)."""
    folder = tmp_path / "official" / cifar10.FOLDER
    folder.mkdir(parents=True)
    images = random_images(60)
    labels = np.concatenate([np.tile(np.arange(10), 5), [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]])
    sums = {}
    for number, name in enumerate([*cifar10.TRAIN, cifar10.TEST]):
        part = slice(10 * number, 10 * number + 10)
        # The published layout: a row of 3072, first 1024 red, then green, then blue.
        rows = images[part].transpose(0, 3, 1, 2).reshape(10, 3072)
        content = pickle.dumps({"data": rows, "labels": labels[part].tolist(), "batch_label": name}, protocol=2)
        (folder / name).write_bytes(content)
        sums[name] = hashlib.md5(content).hexdigest()
    monkeypatch.setattr(cifar10, "MD5", sums)
    return folder.parent, images, labels


@pytest.fixture
def kaggle_folder(tmp_path):
    """A Kaggle folder of 20 training and 12 test images: (folder, images 32 x 32 x 32 x 3, labels 20)."""
    folder = tmp_path / "kaggle"
    images, labels = random_images(32, seed=1), np.tile(np.arange(10), 2)[::-1]
    for part, chosen in (("train", images[:20]), ("test", images[20:])):
        (folder / part).mkdir(parents=True)
        for number, image in enumerate(chosen, start=1):
            Image.fromarray(image).save(folder / part / f"{number}.png")
    rows = "".join(f"{number},{CLASSES[label]}\n" for number, label in enumerate(labels, start=1))
    (folder / "trainLabels.csv").write_text("id,label\n" + rows)
    (folder / "sampleSubmission.csv").write_text("id,label\n" + "".join(f"{n},cat\n" for n in range(1, 13)))
    return folder, images, labels
