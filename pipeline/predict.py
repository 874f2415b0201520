"""Prediction: class probabilities averaged over views and runs, and the submission CSV."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.data.augment import normalise, reflect_pad
from pipeline.files import write_text


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """Test-time augmentation and batches."""

    views: Literal[1, 2, 6] = 6
    """1: the image; 2: and its mirror image; 6: both, also moved by a pixel up-left and down-right."""
    checkpoint: Literal["best", "last"] = "last"
    """Which checkpoint predicts; best needs data.validation above 0."""
    batch_size: int = 1000
    """Images at a time."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ValueError(f"predict.batch_size is {self.batch_size}; allowed: 1 or more")


def view_logits(network: nn.Module, images: Tensor, views: int) -> Tensor:
    """Logits N x classes of uint8 images N x H x W x 3, the weighted mean over their views.

    Six views (arXiv 2404.00498): unmoved ones weigh half, the four moved ones the other half.
    """
    if views == 1:
        return network(normalise(images)).float()
    if views == 2:
        return (network(normalise(images)).float() + network(normalise(images.flip(2))).float()) / 2
    size = images.shape[1]
    padded = reflect_pad(images, 1)
    moved = [padded[:, a : a + size, a : a + size] for a in (0, 2)]
    sides = [view_logits(network, part, 2) for part in (images, *moved)]
    return sides[0] / 2 + (sides[1] + sides[2]) / 4


@torch.inference_mode()
def probabilities(network: nn.Module, images: np.ndarray, config: PredictConfig, device, bf16: bool, tick=None):
    """Class probabilities float32 N x classes of uint8 images N x 32 x 32 x 3, batch by batch.

    `tick(count)` is told after every batch how many images it had.
    """
    network = network.to(device=device, memory_format=torch.channels_last).eval()
    parts = []
    for start in range(0, len(images), config.batch_size):
        # A copy, since a memory map may be read-only, which torch does not know.
        batch = torch.from_numpy(np.array(images[start : start + config.batch_size])).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = view_logits(network, batch, config.views)
        parts.append(F.softmax(logits, dim=1).cpu().numpy())
        if tick:
            tick(len(batch))
    return np.concatenate(parts)


def write_submission(path: Path, ids: np.ndarray, table: np.ndarray, classes: tuple[str, ...]) -> None:
    """Write Kaggle's format: header `id,label`, a row an image in the test set's order, LF line ends."""
    labels = np.asarray(classes)[table.argmax(1)]
    write_text(path, pd.DataFrame({"id": ids, "label": labels}).to_csv(index=False, lineterminator="\n"))


def write_probabilities(path: Path, ids: np.ndarray, table: np.ndarray, classes: tuple[str, ...]) -> None:
    """Write `id` and a column a class, six decimals."""
    frame = pd.DataFrame(table, columns=list(classes))
    frame.insert(0, "id", ids)
    write_text(path, frame.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
