"""Prediction: class probabilities averaged over views and runs, and the submission CSV."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.data.augment import normalise, reflect_pad
from pipeline.prediction.settings import PredictConfig

# Shifts by (rows, columns), and their weights. With six views the unshifted image has weight 1/2 (arXiv 2404.00498).
MOVES = {
    6: {(0, 0): 1 / 2, (-1, -1): 1 / 4, (1, 1): 1 / 4},
    18: dict.fromkeys(itertools.product((-1, 0, 1), repeat=2), 1 / 9),
}


def view_logits(network: nn.Module, images: Tensor, views: int, margin: float = 1.0) -> Tensor:
    """Logits, N x classes, of uint8 images N x H x W x 3: the weighted mean over their views.

    With 6 or 18, images whose two most probable classes differ by more than `margin` after two views get no more views.
    """
    if views == 1:
        return network(normalise(images)).float()
    logits = both_sides(network, images)
    if views == 2:
        return logits
    first, second = logits.softmax(1).topk(2, dim=1).values.T
    unsure = torch.nonzero(first - second <= margin)[:, 0]
    if len(unsure):
        logits[unsure] = moved_logits(network, images[unsure], logits[unsure], MOVES[views])
    return logits


def both_sides(network: nn.Module, images: Tensor) -> Tensor:
    """Mean logits of the images and their mirror images."""
    return (network(normalise(images)).float() + network(normalise(images.flip(2))).float()) / 2


def moved_logits(network: nn.Module, images: Tensor, unmoved: Tensor, weights: dict) -> Tensor:
    """Weighted mean of the `unmoved` logits and those of the shifted images and their mirror images."""
    size, padded = images.shape[1], reflect_pad(images, 1)
    total = weights[0, 0] * unmoved
    for (y, x), weight in weights.items():
        if (y, x) != (0, 0):
            total += weight * both_sides(network, padded[:, 1 + y : 1 + y + size, 1 + x : 1 + x + size])
    return total


@torch.inference_mode()
def probabilities(
    network: nn.Module, images: np.ndarray, config: PredictConfig, device, half: torch.dtype | None, tick=None
):
    """Class probabilities float32 N x classes of uint8 images N x 32 x 32 x 3, batch by batch.

    Uses autocast if a 16-bit type `half` is given. Calls `tick(count)` after every batch with its number of images.
    """
    network = network.to(device=device, memory_format=torch.channels_last).eval()
    parts = []
    for start in range(0, len(images), config.batch_size):
        # A copy, since a memory map can be read-only, which torch does not support.
        batch = torch.from_numpy(np.array(images[start : start + config.batch_size])).to(device)
        with torch.autocast(device.type, half or torch.bfloat16, enabled=half is not None):
            logits = view_logits(network, batch, config.views, config.margin)
        parts.append(F.softmax(logits, dim=1).cpu().numpy())
        if tick:
            tick(len(batch))
    return np.concatenate(parts)
