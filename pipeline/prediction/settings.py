"""How test images are predicted: the recipe's `predict` keys."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """Test-time augmentation and batches."""

    views: Literal[1, 2, 6, 18] = 6
    """1: the image.

    2: also its mirror image; 6: both, also shifted by a pixel up-left or down-right; 18: all shifts.
    """
    margin: float = 1.0
    """Use more than two views only if the two best classes are closer than this after two views; 1: always."""
    checkpoint: Literal["best", "last"] = "last"
    """The checkpoint to predict with; best needs data.validation above 0."""
    batch_size: int = 1000
    """Images per batch."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ValueError(f"predict.batch_size is {self.batch_size}; allowed: 1 or more")
        if not 0 <= self.margin <= 1:
            raise ValueError(f"predict.margin is {self.margin}; allowed: 0 to 1")
