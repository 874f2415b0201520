"""The official python batches of CIFAR-10, verified before they are read.

Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009;
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

import hashlib
import pickle
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES, SIZE, Dataset

NAME = "cifar10"
FOLDER = "cifar-10-batches-py"
SIGNS = FOLDER
HAS_TEST_LABELS = True
TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"

# As published by the authors' archive; torchvision verifies the same.
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}


def find(directory: Path) -> Path | None:
    """The folder of the batches, `directory/cifar-10-batches-py` or `directory` itself; None where neither has any."""
    for folder in (directory / FOLDER, directory):
        if folder.name == FOLDER and folder.is_dir():
            return folder
        if any((folder / name).is_file() for name in MD5):
            return folder
    return None


def load(folder: Path, why: str) -> Dataset:
    """CIFAR-10 from the folder of its batches.

    Args:
        folder: where the six batches lie.
        why: the reason for this source, for the log.

    Raises:
        UserError: a batch is missing or its MD5 is not the published one.
    """
    images, labels = zip(*(read_batch(folder, name) for name in TRAIN), strict=True)
    test_images, _ = read_batch(folder, TEST)
    return Dataset(
        name=NAME,
        origin=f"CIFAR-10, official batches (MD5 verified) in {folder}: {why}",
        classes=CLASSES,
        train_images=np.concatenate(images),
        train_labels=np.concatenate(labels),
        test_images=test_images,
        test_ids=np.arange(1, len(test_images) + 1),
        layout=NAME,
    )


def test_labels(directory: Path) -> np.ndarray | None:
    """int64, 10,000: the labels of the test batch; None if the directory has no batches."""
    folder = find(directory)
    return read_batch(folder, TEST)[1] if folder else None


def read_batch(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (uint8 N x 32 x 32 x 3) and labels (int64 N) of one batch, verified by its MD5 before it is unpickled."""
    content = _verified(folder, name)
    batch = pickle.loads(content, encoding="latin1")
    images = batch["data"].reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(batch["labels"], dtype=np.int64)


def _verified(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot read this CIFAR-10 batch ({error.strerror}); {_REMEDY.format(folder)}"
        ) from None
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != MD5[name]:
        raise UserError(
            f"{path}: this CIFAR-10 batch is damaged (MD5 {found}, expected {MD5[name]}); {_REMEDY.format(folder)}"
        )
    return content


_REMEDY = "copy it again, or delete {} and start again to download it"
