"""Augmentation of one image at a time by albumentations, for workers; the same recipe as the tensor engine's.

The library hands every worker the same random stream and starts it anew each epoch. So each sample is seeded here from
(seed, epoch, index): what comes out depends on nothing else, whichever worker makes it and wherever a run resumes.
"""

import os
import warnings
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pipeline.core.streams import FLIP, generator
from pipeline.data.augment import MEAN, STD
from pipeline.data.augment_settings import AugmentConfig


def build(config: AugmentConfig, size: int = 32):
    """The chain mirror, reflected border and crop, normalise, cutout as an `albumentations.Compose`.

    It takes uint8 size x size x 3 and gives float32 size x size x 3. An alternating mirror is not part of it, since it
    is not random: `AugmentedImages` does it.

    Raises:
        ValueError: the library would ignore an argument, which by itself it only warns of.
    """
    # Before the import, which else asks a server for news.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    import albumentations as A

    return strict(lambda: A.Compose(list(_steps(config, size))))


def _steps(config: AugmentConfig, size: int) -> Iterator:
    import albumentations as A
    import cv2

    if config.flip == "random":
        yield A.HorizontalFlip(p=0.5)
    if config.translate:
        yield A.Pad(padding=config.translate, border_mode=cv2.BORDER_REFLECT_101, p=1)
        yield A.RandomCrop(size, size, p=1)
    yield A.Normalize(MEAN, STD, max_pixel_value=255, p=1)
    if config.cutout:
        side = (config.cutout, config.cutout)
        # After normalising, so that the square is filled with the mean.
        yield A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=side, hole_width_range=side, fill=0, p=1)


def strict(make):
    """What `make()` gives; raises ValueError if the library warns of an argument that it ignores."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            return make()
        except UserWarning as warning:
            raise ValueError(f"albumentations refuses the chain: {' '.join(str(warning).split())}") from None


class AugmentedImages(Dataset):
    """Augmented training images by (epoch, index); a sampler that yields such pairs drives it.

    Args:
        images: uint8 N x 32 x 32 x 3.
        labels: int64 N.
        config: what is done to an image; only mirror, border and cutout are done here, mixing is a batch's.
        seed: of the run.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, config: AugmentConfig, seed: int) -> None:
        self.images, self.labels, self.config, self.seed = images, labels, config, seed
        self.chain = build(config, images.shape[1])
        # As the tensor engine draws it: an image's sides alternate in the same way with both.
        self.first_flip = (torch.rand(len(images), generator=generator(seed, FLIP)) < 0.5).numpy()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        """The image, float32 3 x 32 x 32 (normalised, contiguous), and its label."""
        epoch, index = key
        image = self.images[index]
        if self.config.flip == "alternating" and self.first_flip[index] ^ bool(epoch % 2):
            image = image[:, ::-1]
        self.chain.set_random_seed(int(np.random.SeedSequence([self.seed, epoch, index]).generate_state(1)[0]))
        augmented = self.chain(image=np.ascontiguousarray(image))["image"]
        # The library's own conversion to a tensor gives one that is not contiguous.
        return torch.from_numpy(np.ascontiguousarray(augmented.transpose(2, 0, 1))), int(self.labels[index])
