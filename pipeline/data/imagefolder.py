"""A folder of images by class: train/airplane/0001.png, and the same for test/ or val/; square images of one size."""

import re
import sys
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES, Dataset
from pipeline.data import decoded, identity

NAME = "imagefolder"
SIGNS = "an image folder (train/CLASS/*.png, test/)"
HAS_TEST_LABELS = True
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm")
TRAIN_PARTS, TEST_PARTS = ("train", "training"), ("test", "val", "valid", "validation")


def find_dataset(directory: Path) -> Path | None:
    """The directory if it has a folder train/ or training/ with one folder of images per class, otherwise None."""
    train = _part(directory, TRAIN_PARTS)
    return directory if train and _class_folders(train) else None


def load(folder: Path, why: str) -> Dataset:
    """The images by class; the ids of test images are the numbers in their names, otherwise their position by path.

    Raises:
        UserError: there is no test part, a class is unknown, or an image is damaged, not square, or of another size.
    """
    train, test = _part(folder, TRAIN_PARTS), _test(folder)
    classes = _classes(_class_folders(train))
    train_paths, test_paths = _files(train), _files(test)
    train_images, test_images = (_images(part, paths) for part, paths in ((train, train_paths), (test, test_paths)))
    if train_images.shape[1:] != test_images.shape[1:]:
        sides = f"{train_images.shape[1]} pixels, those in {test} {test_images.shape[1]}"
        raise UserError(f"{folder}: images in {train} have {sides}; scale all images to one square")
    labels, (ids, order) = _labels(train, train_paths, classes), _ids(test_paths)
    same = classes == CLASSES and identity.is_cifar10(train_images, labels, test_images)
    return Dataset(
        name="cifar10" if same else NAME,
        origin=f"{'CIFAR-10 (each image verified)' if same else 'images by class'} in {folder}: {why}",
        classes=classes,
        train_images=train_images,
        train_labels=labels,
        test_images=test_images if (order == np.arange(len(order))).all() else test_images[order],
        test_ids=ids,
        layout=NAME,
    )


def test_labels(directory: Path) -> np.ndarray | None:
    """The classes of the test images, int64 M, in the order of their ids; None if they are not in class folders."""
    folder = find_dataset(directory)
    if folder is None or not _class_folders(test := _test(folder)):
        return None
    paths, classes = _files(test), _classes(_class_folders(_part(folder, TRAIN_PARTS)))
    return _labels(test, paths, classes)[_ids(paths)[1]]


def _part(directory: Path, names: tuple[str, ...]) -> Path | None:
    return next((directory / name for name in names if (directory / name).is_dir()), None)


def _test(folder: Path) -> Path:
    test = _part(folder, TEST_PARTS)
    if test is None or not _files(test):
        raise UserError(f"{folder} has train/ by class, but no images in {', '.join(TEST_PARTS)}; add such a folder")
    return test


def _class_folders(part: Path) -> list[str]:
    """The names of a part's folders that contain an image."""
    folders = [path for path in part.iterdir() if path.is_dir() and not path.name.startswith(".")]
    # Kaggle's archive unpacked into a folder of its own name, train/train/1.png, is not a class.
    return sorted(path.name for path in folders if path.name != part.name and any(map(_is_image, path.iterdir())))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def _files(part: Path) -> list[Path]:
    return sorted(path for path in part.rglob("*") if _is_image(path))


def _images(part: Path, paths: list[Path]) -> np.ndarray:
    read = [path.read_bytes for path in paths]
    return decoded.images(part, decoded.file_stamps(paths, part), read, [str(path) for path in paths])


def _classes(names: list[str]) -> tuple[str, ...]:
    """CIFAR-10's classes in their official order if these are the names, otherwise sorted by name."""
    return CLASSES if set(names) == set(CLASSES) else tuple(names)


def _labels(part: Path, paths: list[Path], classes: tuple[str, ...]) -> np.ndarray:
    numbers = {name: number for number, name in enumerate(classes)}
    names = [path.relative_to(part).parts[0] for path in paths]
    if unknown := next((name for name in names if name not in numbers), None):
        raise UserError(
            f"{part / unknown}: {unknown} is not a class of the training images; allowed: {', '.join(classes)}"
        )
    return np.array([numbers[name] for name in names], dtype=np.int64)


def _ids(paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Ascending ids from 1, and the order of paths by id: the numbers in the names if all differ."""
    numbers = [re.search(r"\d+", path.stem) for path in paths]
    found = np.array([int(number[0]) for number in numbers if number], dtype=np.int64)
    if len(set(found.tolist())) < len(paths):
        print(
            "note: the names of test images contain no unique numbers: ids count them in the order of their paths",
            file=sys.stderr,
        )
        return np.arange(1, len(paths) + 1), np.arange(len(paths))
    order = np.argsort(found)
    return found[order] + (found.min() == 0), order
