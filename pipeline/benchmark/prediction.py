"""Prediction from stored images to a finished file, compared with the bare network on a prepared batch."""

import itertools
import tempfile
from pathlib import Path

import numpy as np
import torch

from pipeline.benchmark.networks import synchronised
from pipeline.benchmark.timing import medians
from pipeline.models import registry
from pipeline.models.settings import ModelConfig
from pipeline.prediction.resumable import Table, fill
from pipeline.prediction.settings import PredictConfig
from pipeline.prediction.views import probabilities

# Batches by number of views: enough that opening and closing the file takes a small part of the time.
BATCHES = {1: 5, 6: 1}


def prediction_rates(
    model: ModelConfig, device: torch.device, half: torch.dtype | None, batch: int, repeats: int
) -> tuple[float, dict[int, float]]:
    """Images per second of a network's bare forward pass, and of prediction, by number of views.

    Prediction reads a memory map of uint8 images, normalises and shifts them, averages views, and writes its file.
    """
    network = registry.build(model).to(device, memory_format=torch.channels_last).eval()
    prepared = torch.randn(batch, 3, 32, 32, device=device).contiguous(memory_format=torch.channels_last)
    number = itertools.count()

    @torch.inference_mode()
    def forward() -> None:
        with torch.autocast(device.type, half or torch.bfloat16, enabled=half is not None):
            network(prepared)

    with tempfile.TemporaryDirectory() as folder:
        images = stored_images(Path(folder) / "images.npy", batch * max(BATCHES.values()))

        def predict(views: int) -> None:
            config, part = PredictConfig(views=views, batch_size=batch), images[: batch * BATCHES[views]]
            table = Table(Path(folder) / "table.npy", (len(part), 10), {"call": next(number)})
            fill(table, part, batch, lambda some: probabilities(network, some, config, device, half))

        calls = {0: synchronised(forward, device)} | {v: lambda v=v: predict(v) for v in BATCHES}
        seconds = medians(calls, repeats)
    return batch / seconds[0], {views: batch * count / seconds[views] for views, count in BATCHES.items()}


def stored_images(path: Path, count: int) -> np.ndarray:
    """Random uint8 images in a file, opened as a memory map."""
    draw = np.random.Generator(np.random.PCG64(0))
    np.save(path, draw.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8))
    return np.load(path, mmap_mode="r")
