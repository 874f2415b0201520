"""CIFAR-100 from its official Python files, with its 100 classes or its 20 superclasses.

Source: https://www.cs.toronto.edu/~kriz/cifar.html.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.images import Dataset
from pipeline.data import archives, cifar10
from pipeline.data.archives import OfficialFiles

FOLDER = "cifar-100-python"
# As published; torchvision verifies the same ones.
MD5 = {
    "meta": "7973b15100ade9c7d40fb424638fde48",
    "train": "16019d7e3df5f24257cddd939b257f8d",
    "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
}
ARCHIVE_MD5 = "eb9058c3a382ffc7106e4002c42a8d85"


def official_files() -> OfficialFiles:
    """The three files and their archive."""
    return OfficialFiles(MD5, (FOLDER,), ARCHIVE_MD5)


@dataclass(frozen=True)
class Cifar100:
    """CIFAR-100 as a source, with its `fine` labels (100 classes) or its `coarse` ones (20)."""

    NAME: str
    labels: str
    SIGNS: str = f"{FOLDER} or {FOLDER}.tar.gz"
    HAS_TEST_LABELS: bool = True

    def find_dataset(self, directory: Path) -> Path | None:
        """The folder with meta, train and test (the directory or one in it), or their archive, or None."""
        for folder in (directory / FOLDER, directory):
            if (folder.name == FOLDER and folder.is_dir()) or all((folder / name).is_file() for name in MD5):
                return folder
        return next((path for path in archives.archives(directory) if _is_archive(path)), None)

    def load(self, folder: Path, why: str) -> Dataset:
        """The images with these labels; raises UserError for a missing or damaged file."""
        files = self._files(folder)
        images, labels = zip(*(self._part(files[name]) for name in ("train", "test")), strict=True)
        return Dataset(
            name=self.NAME,
            origin=f"{archives.origin(official_files(), folder, f'CIFAR-100, {self.labels} labels')}: {why}",
            classes=tuple(files["meta"][f"{self.labels}_label_names"]),
            train_images=images[0],
            train_labels=labels[0],
            test_images=images[1],
            test_ids=np.arange(1, len(images[1]) + 1),
            layout=self.NAME,
        )

    def test_labels(self, directory: Path) -> np.ndarray | None:
        """The test labels, int64, 10,000; None if the directory does not contain CIFAR-100."""
        folder = self.find_dataset(directory)
        return self._part(self._files(folder)["test"])[1] if folder else None

    def _files(self, folder: Path) -> dict:
        return {
            name: pickle.loads(content, encoding="latin1")
            for name, content in archives.verified(official_files(), folder)
        }

    def _part(self, part: dict) -> tuple[np.ndarray, np.ndarray]:
        return cifar10.pixels(part["data"]), np.array(part[f"{self.labels}_labels"], dtype=np.int64)


def _is_archive(path: Path) -> bool:
    """Whether it is the archive, by its name or by all three files: other archives have a file `train` too."""
    if path.name.lower().startswith(FOLDER):
        return True
    try:
        return set(MD5) <= {name for name, _ in archives.members(path, MD5)}
    except archives.DAMAGE:
        return False


fine = Cifar100("cifar100", "fine")
coarse = Cifar100("cifar100-coarse", "coarse")
