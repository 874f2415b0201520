"""The overhead of Lightning's Trainer, as `train` builds it, over a bare loop of the same steps."""

import contextlib
import io
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F

from pipeline.benchmark.machine import synchronise
from pipeline.core.images import CLASSES, Dataset
from pipeline.data.batches import TensorBatches
from pipeline.data.module import ImageModule, Plan
from pipeline.data.splits import Split
from pipeline.optim.build import optimizer_and_schedule
from pipeline.training.classifier import Classifier
from pipeline.training.devices import device_of, half_type, set_precision
from pipeline.training.recipe import Recipe
from pipeline.training.settings import AveragingConfig, LookaheadConfig, SelectionConfig, SharpnessConfig, lengths
from pipeline.training.train import initial_network
from pipeline.training.trainer import build_trainer, run_callbacks

# The first steps create primitives and allocate memory.
WARM_UP = 3
# Steps between two readings of the clock on a GPU, which wait for the device.
STRIDE = 10
# The largest spread of a reported share, and the most rounds to reach it, as a multiple of those asked for.
SMALL, MOST = 0.02, 4


@dataclass(frozen=True)
class Overhead:
    """Seconds per step: for each step the median over rounds, then the mean over steps."""

    bare: float
    lightning: float
    spread: float = 0.0
    """Uncertainty of the share: the standard error of the median of the rounds' shares."""
    rounds: int = 1

    @property
    def share(self) -> float:
        """The additional time, as a share of a bare step."""
        return self.lightning / self.bare - 1

    def __str__(self) -> str:
        figures = f"{1000 * (self.lightning - self.bare):+.2f} ms = {self.share:+.1%} ± {self.spread:.1%}"
        if self.spread > SMALL:
            return f"unknown, as the machine is too noisy: {figures} after {self.rounds} rounds"
        return f"{figures} ({self.rounds} rounds)" + (
            ", not distinguishable from 0" if abs(self.share) < 2 * self.spread else ""
        )


class Marks(pl.Callback):
    """Reads the clock after every step (on a GPU after every tenth one, once the device has finished)."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.stride, self.times, self.count = device, 1 if device.type == "cpu" else STRIDE, [], 0

    def mark(self) -> None:
        """Record the end of a step."""
        self.count += 1
        if self.count > WARM_UP and self.count % self.stride == 0:
            synchronise(self.device)
            self.times.append(time.perf_counter())

    def on_train_batch_end(self, *_) -> None:
        self.mark()

    def seconds(self) -> list[float]:
        """Seconds of each step (the mean over the steps between two readings)."""
        return (np.diff(self.times) / self.stride).tolist()


def overhead(recipe: Recipe, steps: int, rounds: int) -> Overhead:
    """Train two epochs, `steps` steps in total, with a bare loop and with Lightning in turn, on random images.

    Does `rounds` rounds, and up to MOST times as many until the spread is small.

    The end of an epoch, with its metrics, is between two steps and thus included. What a bare loop lacks is off in
    both: selection, sharpness, Lookahead, averaging, clipping, accumulation, gradient diagnoses, several devices.
    """
    recipe = without_extras(recipe, steps)
    dataset = random_images(steps // 2 * recipe.train.batch_size)
    loops = {bare_loop: [], lightning_loop: []}
    for turn in range(MOST * rounds):
        for loop in list(loops) if turn % 2 else reversed(loops):
            loops[loop].append(loop(recipe, dataset))
        cost = overhead_from(*(np.array(times) for times in loops.values()))
        if turn + 1 >= rounds and cost.spread <= SMALL:
            break
    return cost


def overhead_from(bare: np.ndarray, lightning: np.ndarray) -> Overhead:
    """The overhead from seconds by round and step."""
    # A median for each step, since steps differ: smaller images come first.
    medians = [float(np.median(times, axis=0).mean()) for times in (bare, lightning)]
    shares = lightning.mean(axis=1) / bare.mean(axis=1) - 1
    # For normal numbers the deviation is 1.4826 x the median distance, and the median's error 1.2533 x the mean's.
    distance = float(np.median(np.abs(shares - np.median(shares))))
    return Overhead(*medians, 1.4826 * 1.2533 * distance / len(shares) ** 0.5, len(shares))


def without_extras(recipe: Recipe, steps: int) -> Recipe:
    """The recipe with this many steps, without what the bare loop lacks."""
    return replace(
        recipe,
        data=replace(recipe.data, validation=0, folds=None),
        augment=replace(recipe.augment, engine="tensor"),
        selection=SelectionConfig(),
        sharpness=SharpnessConfig(),
        lookahead=LookaheadConfig(),
        averaging=AveragingConfig(),
        optim=replace(recipe.optim, clip=0.0, whiten_bias="100%"),
        log=replace(recipe.log, gradients_every=0),
        train=replace(
            recipe.train, length=f"{steps} steps", accumulate=1, compile=False, devices=1, nodes=1, strategy="auto"
        ),
    )


def random_images(count: int) -> Dataset:
    """Random images with random labels."""
    draw = np.random.Generator(np.random.PCG64(0))
    images = draw.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(count, dtype=np.int64) % 10
    return Dataset(
        name="noise", origin="noise", classes=CLASSES, train_images=images, train_labels=labels,
        test_images=images[:1], test_ids=np.ones(1, dtype=np.int64),
    )  # fmt: skip


def bare_loop(recipe: Recipe, dataset: Dataset) -> list[float]:
    """Seconds of each step of a bare loop: batch, forward, backward, optimizer, schedule."""
    set_precision(recipe.train)
    half = half_type(recipe.train)
    device, run = device_of(recipe.train), lengths(recipe.train, len(dataset.train_labels))
    network = initial_network(recipe, dataset.train_images, 10).to(device).train()
    optimizer, schedule = optimizer_and_schedule(network, recipe.optim, run, bf16=half is torch.bfloat16)
    images, labels = (torch.from_numpy(a).to(device) for a in (dataset.train_images, dataset.train_labels))
    batches = TensorBatches(
        images, labels, recipe.augment, batch_size=run.batch_size, total_steps=run.total_steps, seed=recipe.seed
    )
    marks = Marks(device)
    for inputs, targets in (batch for epoch in range(2) for batch in batches.epoch(epoch * run.steps_per_epoch)):
        optimizer.zero_grad()
        with torch.autocast(device.type, half or torch.bfloat16, enabled=half is not None):
            logits = network(inputs)
        F.cross_entropy(logits.float(), targets, label_smoothing=recipe.loss.label_smoothing).backward()
        optimizer.step()
        schedule.step()
        marks.mark()
    return marks.seconds()


def lightning_loop(recipe: Recipe, dataset: Dataset) -> list[float]:
    """Seconds of each step of a run as `train` does it, with all callbacks."""
    device, run = device_of(recipe.train), lengths(recipe.train, len(dataset.train_labels))
    network = initial_network(recipe, dataset.train_images, 10)
    bf16 = half_type(recipe.train) is torch.bfloat16
    classifier = Classifier(network, recipe.loss, recipe.optim, run, 10, recipe.seed, bf16=bf16)
    plan = Plan(batch_size=run.batch_size, accumulate=1, total_steps=run.total_steps, seed=recipe.seed)
    module = ImageModule(dataset, Split(np.arange(len(dataset.train_labels)), np.arange(0)), recipe.augment, plan)
    marks = Marks(device)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        callbacks = [*run_callbacks(recipe, run, Path(folder), validate=False), marks]
        build_trainer(recipe, run, Path(folder), callbacks, []).fit(classifier, datamodule=module)
    return marks.seconds()
