"""The sources of images by name: the one place that knows them all."""

from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.core.images import Dataset
from pipeline.data import binary, cifar10, cifar100, imagefolder, kaggle, npz, parquet, stand_in


class Source(Protocol):
    """A kind of place that images come from. A new one is a module with these names, and its line in SOURCES."""

    NAME: str
    """What data.source, a dataset's `layout` and messages call it: lower-case letters, digits and hyphens."""

    SIGNS: str
    """What its files look like, for the message that a directory has none."""

    HAS_TEST_LABELS: bool
    """Whether `test_labels` can give any: a competition can be made from these images."""

    def find(self, directory: Path) -> Path | None:
        """The folder (or file) of its images in or at the directory, which may be a file; None if there is none."""

    def load(self, folder: Path, why: str) -> Dataset:
        """The images of a folder that `find` gave; `why` goes into the dataset's origin.

        Raises UserError for damage.
        """

    def test_labels(self, directory: Path) -> np.ndarray | None:
        """int64 M: the labels of the test images, in their order; None if the directory does not hold them.

        Only the files of a competition are made from them: training and prediction never ask.
        """


# A directory is searched in this order.
SOURCES: dict[str, Source] = {
    source.NAME: source
    for source in (
        cifar10, binary, cifar100.fine, cifar100.coarse, parquet, npz, imagefolder, kaggle, stand_in
    )
}  # fmt: skip
