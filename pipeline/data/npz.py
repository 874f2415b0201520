"""NumPy's .npz files with x_train, y_train, x_test and y_test, or images, labels and test_images."""

import zipfile
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES, Dataset
from pipeline.data import identity

NAME = "npz"
SIGNS = "a .npz file with x_train, y_train and x_test"
HAS_TEST_LABELS = True
# The accepted names of each array.
NAMES = {
    "train images": ("x_train", "train_images", "train_data", "images"),
    "train labels": ("y_train", "train_labels", "labels"),
    "test images": ("x_test", "test_images", "test_data"),
    "test labels": ("y_test", "test_labels"),
}


def find_dataset(directory: Path) -> Path | None:
    """The .npz file: the directory itself, or the first one in it by name; None if there is none."""
    if directory.is_file() and directory.suffix == ".npz":
        return directory
    return next(iter(sorted(directory.glob("*.npz"))), None) if directory.is_dir() else None


def load(folder: Path, why: str) -> Dataset:
    """The images of the file.

    Raises UserError if an array is missing or has another shape or type, or if the file is damaged.
    """
    arrays = _arrays(folder)
    train = _images(folder, arrays, "train images")
    labels = _labels(folder, arrays, "train labels", len(train))
    test = _images(folder, arrays, "test images")
    if train.shape[1:] != test.shape[1:]:
        raise UserError(f"{folder}: training images are {train.shape[1:3]}, test images {test.shape[1:3]} pixels")
    classes = _classes(arrays, labels)
    same = classes == CLASSES and identity.is_cifar10(train, labels, test)
    return Dataset(
        name="cifar10" if same else NAME,
        origin=f"{'CIFAR-10 (each image verified)' if same else 'images'} in {folder}: {why}",
        classes=classes,
        train_images=train,
        train_labels=labels,
        test_images=test,
        test_ids=np.arange(1, len(test) + 1),
        layout=NAME,
    )


def test_labels(directory: Path) -> np.ndarray | None:
    """The labels of the test images, int64 M; None if the file has none."""
    path = find_dataset(directory)
    arrays = _arrays(path) if path else {}
    if not any(name in arrays for name in NAMES["test labels"]):
        return None
    return _labels(path, arrays, "test labels", len(_images(path, arrays, "test images")))


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: this .npz file is damaged ({' '.join(str(error).split())}); copy it again") from None


def _named(path: Path, arrays: dict[str, np.ndarray], what: str) -> np.ndarray:
    for name in NAMES[what]:
        if name in arrays:
            return arrays[name]
    raise UserError(f"{path} holds {', '.join(arrays)}; its {what} must be called {' or '.join(NAMES[what])}")


def _images(path: Path, arrays: dict[str, np.ndarray], what: str) -> np.ndarray:
    images = _named(path, arrays, what)
    if images.ndim == 4 and images.shape[1] == 3 != images.shape[3]:
        images = images.transpose(0, 2, 3, 1)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or images.shape[1] != images.shape[2]:
        shape = " x ".join(map(str, images.shape))
        raise UserError(f"{path}: its {what} are {images.dtype} {shape}; expected uint8 N x S x S x 3, 0 to 255")
    return np.ascontiguousarray(images)


def _labels(path: Path, arrays: dict[str, np.ndarray], what: str, count: int) -> np.ndarray:
    labels = _named(path, arrays, what).reshape(-1)
    if labels.dtype.kind not in "iu" or len(labels) != count or labels.min() < 0:
        raise UserError(
            f"{path}: its {what} are {len(labels)} of {labels.dtype}; expected {count} class numbers from 0"
        )
    return labels.astype(np.int64)


def _classes(arrays: dict[str, np.ndarray], labels: np.ndarray) -> tuple[str, ...]:
    if "classes" in arrays:
        return tuple(map(str, arrays["classes"]))
    count = int(labels.max()) + 1
    return CLASSES if count == len(CLASSES) else tuple(map(str, range(count)))
