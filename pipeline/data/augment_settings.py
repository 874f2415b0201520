"""What is done to a training image: the recipe's `augment` keys."""

from dataclasses import dataclass, field
from typing import Literal

from pipeline.core import duration


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """One stage of progressive resolution."""

    size: int
    """Pixels per side; a multiple of 4 from 16 to 64."""
    until: str
    """When the stage ends: a duration such as "50%" or "4 epochs"."""
    by: Literal["resize", "crop"] = "resize"
    """resize: shrink the image; crop: cut out its centre, so that objects keep the size they have in whole images."""

    def __post_init__(self) -> None:
        if self.size % 4 or not 16 <= self.size <= 64:
            raise ValueError(f"augment.resolutions.size is {self.size}; allowed: multiples of 4 from 16 to 64")
        duration.check("augment.resolutions.until", self.until)


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Augmentation of training images."""

    engine: Literal["tensor", "albumentations"] = "tensor"
    """tensor: whole batches on the device; albumentations: one image at a time in worker processes."""
    workers: int = 2
    """Worker processes of the albumentations engine; 0: augment in the training process."""
    flip: Literal["none", "random", "alternating"] = "alternating"
    """Flip left to right: at random, or alternating from epoch to epoch (arXiv 2404.00498)."""
    translate: int = 2
    """Random translation in pixels, by reflection padding and a random crop; 0 to 16."""
    cutout: int = 0
    """Pixels per side of a random square that is set to the mean (arXiv 1708.04552); 0 to 32, 0 is off."""
    brightness: float = 0.0
    """Make each image lighter or darker by up to this many standard deviations; 0 to 1, 0 is off."""
    contrast: float = 0.0
    """Scale each image's deviations from the mean by 1 minus to 1 plus this; 0 to below 1, 0 is off."""
    trivial: float = 0.0
    """Share of images that get one of TrivialAugment's fourteen operations (arXiv 2103.10158); 0 to 1, 0 is off."""
    mixup: float = 0.0
    """Alpha of the Beta distribution of mixup (arXiv 1710.09412); 0 is off."""
    cutmix: float = 0.0
    """Alpha of the Beta distribution of cutmix (arXiv 1905.04899); 0 is off; with mixup, each batch draws one."""
    mix_share: float = 1.0
    """Share of batches that mixup or cutmix changes; 0 to 1."""
    own: str | None = None
    """Your own augmentation, `./FILE.py:NAME`: a function of a batch, a torchvision transform, or a Compose."""
    resolutions: list[Resolution] = field(default_factory=list)
    """Progressive resolution: stages with smaller images, in order; full size after the last one."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("translate", 0, 16),
            ("cutout", 0, 32),
            ("mix_share", 0, 1),
            ("trivial", 0, 1),
            ("brightness", 0, 1),
            ("contrast", 0, 0.99),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"augment.{name} is {value}; allowed: {low} to {high}")
        for name in ("mixup", "cutmix", "workers"):
            if getattr(self, name) < 0:
                raise ValueError(f"augment.{name} is {getattr(self, name)}; allowed: 0 or a positive number")
