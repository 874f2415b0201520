"""A data set and a recipe so small that a whole run takes a tenth of a second."""

from dataclasses import replace

import numpy as np

from pipeline.core.images import CLASSES, Dataset
from pipeline.data.settings import DataConfig
from pipeline.models.settings import ModelConfig, WhitenedConfig
from pipeline.training import checks
from pipeline.training import train as training
from pipeline.training.recipe import LogConfig, Recipe
from pipeline.training.settings import TrainConfig


def dataset(train: int = 60, test: int = 20) -> Dataset:
    """Noise with a brightness by class, so that something can be learned."""
    draw = np.random.Generator(np.random.PCG64(0))
    labels = np.arange(train, dtype=np.int64) % 10

    def images(of: np.ndarray) -> np.ndarray:
        noise = draw.integers(0, 80, (len(of), 32, 32, 3))
        return (noise + 17 * of[:, None, None, None]).astype(np.uint8)

    return Dataset(
        name="cifar10",
        origin="tiny test images",
        classes=CLASSES,
        train_images=images(labels),
        train_labels=labels,
        test_images=images(np.arange(test) % 10),
        test_ids=np.arange(1, test + 1),
    )


def recipe(**changes) -> Recipe:
    """Two epochs of 5 steps on 50 images, 10 held out; float32 on the CPU, so that numbers can be compared."""
    train = TrainConfig(length="2 epochs", batch_size=10, precision="fp32", device="cpu", kernels="torch")
    small = Recipe(
        data=DataConfig(validation=10),
        model=ModelConfig(whitened=WhitenedConfig(widths=(8, 8, 8))),
        train=train,
        log=LogConfig(wandb="off"),
    )
    return replace(small, train=replace(train, **changes.pop("train", {})), **changes)


def train(recipe: Recipe, dataset: Dataset, folder, **options):
    """Training on the recipe's own split of the images."""
    return training.train(recipe, dataset, recipe.data.split(dataset.train_labels), folder, **options)


def check(recipe: Recipe, dataset: Dataset) -> None:
    """The checks of training, on the recipe's own split of the images."""
    checks.check(recipe, dataset, recipe.data.split(dataset.train_labels))
