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
    """Shrink the image, or cut its middle: objects keep their size, so that whole images suit the network later."""

    def __post_init__(self) -> None:
        if self.size % 4 or not 16 <= self.size <= 64:
            raise ValueError(f"augment.resolutions.size is {self.size}; allowed: multiples of 4 from 16 to 64")
        duration.check("augment.resolutions.until", self.until)


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """What is done to a training image."""

    engine: Literal["tensor", "albumentations"] = "tensor"
    """tensor: whole batches on the device; albumentations: one image at a time in worker processes."""
    workers: int = 2
    """Worker processes of the albumentations engine; 0 works in the training process."""
    flip: Literal["none", "random", "alternating"] = "alternating"
    """Mirror left to right; alternating shows each image's two sides in turn (arXiv 2404.00498)."""
    translate: int = 2
    """Pixels of reflected border around the image, from which a crop is drawn; 0 to 16."""
    cutout: int = 0
    """Side in pixels of a square set to the mean (arXiv 1708.04552); 0 to 32, 0 is off."""
    brightness: float = 0.0
    """Each image is made lighter or darker by up to this many standard deviations; 0 to 1, 0 is off."""
    contrast: float = 0.0
    """Each image's deviations from the mean are scaled by 1 minus to 1 plus this; 0 to below 1, 0 is off."""
    trivial: float = 0.0
    """Share of images that get one of TrivialAugment's fourteen operations (arXiv 2103.10158); 0 to 1, 0 is off."""
    mixup: float = 0.0
    """Alpha of the Beta distribution of mixup (arXiv 1710.09412); 0 is off."""
    cutmix: float = 0.0
    """Alpha of the Beta distribution of cutmix (arXiv 1905.04899); 0 is off; with mixup, each batch draws one."""
    mix_share: float = 1.0
    """Share of batches that mixup or cutmix changes; 0 to 1."""
    own: str | None = None
    """Your own, `./FILE.py:NAME`: a function of a batch, a torchvision transform, or an albumentations Compose."""
    resolutions: list[Resolution] = field(default_factory=list)
    """Smaller images first: stages in order; after the last one, full size."""

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
