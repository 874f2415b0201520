"""The binary version of CIFAR-10: files of a label byte and 3,072 pixel bytes per image, unpacked or in their archive.

Source: https://www.cs.toronto.edu/~kriz/cifar.html. Only the archive's MD5 is published there; those of the files were
computed from the published Python batches, which contain the same bytes.
"""

from pathlib import Path

import numpy as np

from pipeline.core.images import Dataset
from pipeline.data import archives, cifar10
from pipeline.data.archives import OfficialFiles

NAME = "cifar10-binary"
FOLDER = "cifar-10-batches-bin"
SIGNS = "data_batch_1.bin or cifar-10-binary.tar.gz"
HAS_TEST_LABELS = True
TRAIN = tuple(f"{name}.bin" for name in cifar10.TRAIN)
TEST = f"{cifar10.TEST}.bin"
MD5 = {
    "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
    "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
    "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
    "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
    "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
    "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
}
ARCHIVE_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
ROW = 1 + 3 * 32 * 32


def official_files() -> OfficialFiles:
    """The files and their archive."""
    return OfficialFiles(MD5, ("cifar-10-binary", FOLDER), ARCHIVE_MD5)


def find_dataset(directory: Path) -> Path | None:
    """The folder of the files (the directory or one in it), otherwise their archive; None if there is neither."""
    return archives.find_dataset(official_files(), directory, FOLDER)


def load(folder: Path, why: str) -> Dataset:
    """CIFAR-10 from the path that `find_dataset` returned; raises UserError for a missing or damaged file."""
    batches = {name: unpacked(content) for name, content in archives.verified(official_files(), folder)}
    origin = archives.origin(official_files(), folder, "CIFAR-10, binary version")
    return cifar10.official_dataset(batches, TRAIN, TEST, f"{origin}: {why}", NAME)


def test_labels(directory: Path) -> np.ndarray | None:
    """The labels of the test file, int64, 10,000; None if the directory has no such files."""
    folder = find_dataset(directory)
    if folder is None:
        return None
    return next(unpacked(content)[1] for name, content in archives.verified(official_files(), folder) if name == TEST)


def unpacked(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (uint8 N x 32 x 32 x 3) and labels (int64 N) from the bytes of a file."""
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, ROW)
    return cifar10.pixels(rows[:, 1:]), rows[:, 0].astype(np.int64)
