"""Augmentation by albumentations, one image at a time, in workers; the same recipe as that of the tensor engine.

The library gives every worker the same random stream and restarts it each epoch. So each sample is seeded here from
(seed, epoch, index), and does not depend on the worker or on where a run resumes.
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
    """An `albumentations.Compose` of flip, reflection padding and crop, normalisation and cutout.

    It maps uint8 size x size x 3 to float32 size x size x 3. Alternating flips are not part of it, since they are not
    random: `AugmentedImages` does them.

    Raises:
        ValueError: the library would ignore an argument (it only warns of that).
    """
    # Before the import, which otherwise asks a server for a newer version.
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
    """The result of `make()`; raises ValueError if the library warns of an argument that it ignores."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            return make()
        except UserWarning as warning:
            raise ValueError(f"albumentations refuses the chain: {' '.join(str(warning).split())}") from None


class AugmentedImages(Dataset):
    """Augmented training images by (epoch, index), for a sampler that yields such pairs.

    Args:
        images: uint8 N x 32 x 32 x 3.
        labels: int64 N.
        config: the augmentation; only flip, padding and cutout are done here, whole batches are mixed elsewhere.
        seed: the run's seed.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, config: AugmentConfig, seed: int) -> None:
        self.images, self.labels, self.config, self.seed = images, labels, config, seed
        self.chain = build(config, images.shape[1])
        # As in the tensor engine, so that an image alternates in the same way with both.
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
        # The library's own conversion returns a tensor that is not contiguous.
        return torch.from_numpy(np.ascontiguousarray(augmented.transpose(2, 0, 1))), int(self.labels[index])
