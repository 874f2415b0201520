"""The official Python batches of CIFAR-10, unpacked or in their archive, verified before they are read.

Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009;
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.core.images import CLASSES, SIZE, Dataset
from pipeline.data import archives
from pipeline.data.archives import OfficialFiles

NAME = "cifar10"
FOLDER = "cifar-10-batches-py"
SIGNS = f"{FOLDER} or cifar-10-python.tar.gz"
HAS_TEST_LABELS = True
TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"

# From the authors' archive; torchvision verifies the same ones.
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
ARCHIVE_MD5 = "c58f30108f718f92721af3b95e74349a"


def official_files() -> OfficialFiles:
    """The batches and their archive, which Keras stores under the name of the batches."""
    return OfficialFiles(MD5, ("cifar-10-python", FOLDER), ARCHIVE_MD5)


def find_dataset(directory: Path) -> Path | None:
    """The folder of the batches (the directory or one in it), otherwise their archive; None if there is neither."""
    return archives.find_dataset(official_files(), directory, FOLDER)


def load(folder: Path, why: str) -> Dataset:
    """CIFAR-10 from the folder or the archive of its batches.

    Args:
        folder: the path that `find_dataset` returned.
        why: the reason for this source, for the log.

    Raises:
        UserError: a batch is missing or its MD5 is not the published one.
    """
    batches = {name: unpickled(content) for name, content in archives.verified(official_files(), folder)}
    origin = archives.origin(official_files(), folder, "CIFAR-10, official batches")
    return official_dataset(batches, TRAIN, TEST, f"{origin}: {why}", NAME)


def official_dataset(batches: dict, train: tuple[str, ...], test: str, origin: str, layout: str) -> Dataset:
    """CIFAR-10 from (images, labels) by batch name; ids count the test images in order, from 1."""
    return Dataset(
        name=NAME,
        origin=origin,
        classes=CLASSES,
        train_images=np.concatenate([batches[name][0] for name in train]),
        train_labels=np.concatenate([batches[name][1] for name in train]),
        test_images=batches[test][0],
        test_ids=np.arange(1, len(batches[test][0]) + 1),
        layout=layout,
    )


def test_labels(directory: Path) -> np.ndarray | None:
    """The labels of the test batch, int64, 10,000; None if the directory has no batches."""
    folder = find_dataset(directory)
    return next(_labels(folder)) if folder else None


def _labels(folder: Path) -> Iterator[np.ndarray]:
    for name, content in archives.verified(official_files(), folder):
        if name == TEST:
            yield unpickled(content)[1]


def unpickled(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (uint8 N x 32 x 32 x 3) and labels (int64 N) from the bytes of a batch, which must be verified before."""
    batch = pickle.loads(content, encoding="latin1")
    return pixels(batch["data"]), np.array(batch["labels"], dtype=np.int64)


def pixels(rows: np.ndarray) -> np.ndarray:
    """Images, uint8 N x 32 x 32 x 3, from rows N x 3072: the red values of an image, then the green, then the blue."""
    return np.ascontiguousarray(rows.reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1))
