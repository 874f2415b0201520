"""Images per second of the two augmentation engines."""

import numpy as np
import torch

from pipeline.benchmark.networks import synchronised
from pipeline.benchmark.timing import medians
from pipeline.data.augment_settings import AugmentConfig
from pipeline.data.batches import TensorBatches
from pipeline.data.workers import WorkerBatches

CONFIG = AugmentConfig(flip="random", translate=4, cutout=8, workers=0)


def augmentation_rates(device: torch.device, count: int, repeats: int) -> dict[str, float]:
    """Flip, pad, crop, normalise and cutout of `count` images: on the training device, and by albumentations.

    albumentations runs in this process; each additional worker adds about the same rate, as long as there are cores.
    """
    draw = np.random.Generator(np.random.PCG64(0))
    images = draw.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = torch.zeros(count, dtype=torch.int64, device=device)
    options = {"batch_size": min(count, 1000), "total_steps": 1, "seed": 0}
    engines = {
        "tensor": TensorBatches(torch.from_numpy(images).to(device), labels, CONFIG, **options),
        "albumentations": WorkerBatches(images, labels, CONFIG, **options),
    }
    seconds = medians(
        {name: synchronised(lambda e=e: list(e.epoch(0)), device) for name, e in engines.items()}, repeats
    )
    return {name: engine.steps_per_epoch * engine.batch_size / seconds[name] for name, engine in engines.items()}
