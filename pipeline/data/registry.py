"""The registry of image sources."""

from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.core.images import Dataset
from pipeline.data import binary, cifar10, cifar100, imagefolder, kaggle, npz, parquet, stand_in


class Source(Protocol):
    """A format in which images are stored. To add one, write a module with these names and add it to SOURCES."""

    NAME: str
    """Its name in data.source, in a dataset's `layout` and in messages: lower-case letters, digits and hyphens."""

    SIGNS: str
    """What its files are called, for the message that a directory has none."""

    HAS_TEST_LABELS: bool
    """Whether `test_labels` can return labels, so that a competition can be made from these images."""

    def find_dataset(self, directory: Path) -> Path | None:
        """The folder or file of its images: the directory itself (which may be a file), or one in it.

        None if there is none.
        """

    def load(self, folder: Path, why: str) -> Dataset:
        """The images of a path that `find_dataset` returned; `why` becomes part of the dataset's origin.

        Raises UserError if they are damaged.
        """

    def test_labels(self, directory: Path) -> np.ndarray | None:
        """The labels of the test images, int64 M, in their order; None if the directory does not contain them.

        They are used only to make the files of a competition; training and prediction never call this.
        """


# A directory is searched in this order.
SOURCES: dict[str, Source] = {
    source.NAME: source
    for source in (
        cifar10, binary, cifar100.fine, cifar100.coarse, parquet, npz, imagefolder, kaggle, stand_in
    )
}  # fmt: skip
