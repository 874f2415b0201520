"""The predictions of a run, kept in its folder so that nothing is computed twice."""

import hashlib
import os
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.files import reason
from pipeline.core.images import Dataset
from pipeline.core.progress import progress
from pipeline.data import sources
from pipeline.prediction.resumable import Table, fill
from pipeline.prediction.views import probabilities
from pipeline.runs.folder import checkpoint_path, load_network, read_summary
from pipeline.training.devices import device_of, half_type, precision_of, set_precision
from pipeline.training.recipe import Recipe

# Images that identify a set: enough to tell sets apart, and quick even for 300,000 images.
PROBES = 500


def predict_run(folder: Path, recipe: Recipe, images: np.ndarray, classes: int, name: str, tick=None) -> np.ndarray:
    """Class probabilities float32 N x classes of a run's network on uint8 images, kept in the run as `NAME.npy`.

    A second call, after a kill or from another command, continues from what is there if checkpoint, views and images
    are the same. Nothing is kept in a read-only folder. Raises UserError without a checkpoint, or on a full
    disk.
    """
    set_precision(recipe.train)
    device, half = device_of(recipe.train), half_type(recipe.train)
    if not os.access(folder, os.W_OK):  # somebody else's run
        return probabilities(load_network(folder, recipe, classes), images, recipe.predict, device, half, tick)
    table = Table(folder / f"{name}.npy", (len(images), classes), origin(folder, recipe, images))
    network = None

    def predict(batch: np.ndarray) -> np.ndarray:
        nonlocal network
        network = network or load_network(folder, recipe, classes).to(device)
        return probabilities(network, batch, recipe.predict, device, half)

    try:
        return fill(table, images, recipe.predict.batch_size, predict, tick)
    except OSError as error:
        raise UserError(f"cannot write {table.partial}: {reason(error)}; free space") from error


def origin(folder: Path, recipe: Recipe, images: np.ndarray) -> dict:
    """What probabilities depend on: checkpoint, images, views, and how they are computed."""
    with checkpoint_path(folder, recipe.predict.checkpoint).open("rb") as file:
        checkpoint = hashlib.file_digest(file, "sha256").hexdigest()
    probes = np.ascontiguousarray(images[:: max(1, len(images) // PROBES)])
    return {
        "checkpoint": checkpoint,
        "images": hashlib.sha256(probes).hexdigest(),
        "count": len(images),
        "views": recipe.predict.views,
        "margin": recipe.predict.margin,
        "batch_size": recipe.predict.batch_size,
        "precision": precision_of(recipe.train),
        "device": device_of(recipe.train).type,
    }


def predict_test(folder: Path, recipe: Recipe, dataset: Dataset, title: str) -> np.ndarray:
    """Class probabilities of the test images, kept in the run folder, with a progress bar on a terminal."""
    with progress(title, total=len(dataset.test_images)) as advance:
        return predict_run(folder, recipe, dataset.test_images, len(dataset.classes), "probabilities", advance)


def test_images(folders: list[Path], recipe: Recipe) -> Dataset:
    """The images of a recipe; raises UserError if one of the finished runs was trained on another source."""
    dataset = sources.load(recipe.data)
    print(f"data: {dataset.origin}")
    summaries = [read_summary(folder) or {} for folder in folders]
    names = {summary["data"] for summary in summaries if summary.get("data")} | {dataset.name}
    if len(names) > 1:
        raise UserError(f"these are of different sources: {', '.join(sorted(names))}; set DATA_DIR to the runs' data")
    return dataset


def mean_probabilities(folders: list[Path], recipes: list[Recipe], dataset: Dataset) -> np.ndarray:
    """The runs' mean class probabilities, float32 M x classes."""
    total = 0
    for folder, recipe in zip(folders, recipes, strict=True):
        total = total + predict_test(folder, recipe, dataset, f"predicting {folder.name}")
    return total / len(folders)
