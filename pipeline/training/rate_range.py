"""The learning-rate range test (Smith 2017, arXiv 1506.01186): a short training whose rates rise from step to step.

All rates of a recipe rise together, each group's by the same factor, so that those of Muon's filters, biases and
classifier keep their proportions. Only training images are used. Averages, slow weights, selection, sharpness and
smaller images are left out: they follow the length of a whole run.
"""

import math
import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch

from pipeline.core.errors import UserError
from pipeline.core.images import Dataset
from pipeline.core.progress import progress
from pipeline.data.module import ImageModule, Plan
from pipeline.data.splits import Split
from pipeline.models.weights import load_initial_weights
from pipeline.training import own_step
from pipeline.training.callbacks.stop import StopOnSignal
from pipeline.training.classifier import Classifier, NotFinite
from pipeline.training.devices import half_type
from pipeline.training.guards import explain_failures
from pipeline.training.recipe import Recipe
from pipeline.training.settings import lengths
from pipeline.training.train import WHITENING_IMAGES, initial_network
from pipeline.training.trainer import build_trainer

# Steps of the 100 over which losses are smoothed: the width of a Gaussian, to both sides.
WIDTH = 0.04
# The test ends when the mean of this many losses exceeds that of the first ones by this factor.
RECENT, DIVERGED = 5, 2.0
# The suggested rate is the one at which the loss had fallen by this share of its whole fall.
FALLEN = 0.8
# A loss that falls by less than this share of itself has found no rate.
LEAST_FALL = 0.02


@dataclass(frozen=True)
class RateRange:
    """K steps: the factor on the recipe's rates, and the training loss before the step; float64 K each."""

    factors: np.ndarray
    losses: np.ndarray

    @cached_property
    def smoothed(self) -> np.ndarray:
        """float64 K: the losses, each averaged with its neighbours."""
        places = np.arange(len(self.losses))
        weights = np.exp(-0.5 * ((places - places[:, None]) / max(1.0, WIDTH * len(places))) ** 2)
        return weights @ self.losses / weights.sum(1)

    @property
    def suggested(self) -> int:
        """The first step at which the smoothed loss has fallen by 80 % of its whole fall.

        There training is fast, and the rates at which it diverges are a few times as high. Raises UserError if it never
        falls.
        """
        smoothed = self.smoothed
        if len(smoothed) < RECENT or smoothed.min() > (1 - LEAST_FALL) * smoothed[0]:
            raise UserError(
                "the loss falls at no rate of the range; try other --lowest and --highest, or more --steps; if that "
                "changes nothing, the network learns nothing: look at its forward pass"
            )
        return int(np.argmax(smoothed <= smoothed[0] - FALLEN * (smoothed[0] - smoothed.min())))


class RisingRates(pl.Callback):
    """Sets each group's rate to its peak times the step's factor, keeps the losses, and stops when they diverge."""

    def __init__(self, factors: np.ndarray, config, advance) -> None:
        self.factors, self.muon, self.advance = factors, config.kind == "muon", advance
        self.tried: list[float] = []
        self.losses: list[float] = []
        self.decays: list[float] = []

    def on_train_start(self, trainer, pl_module) -> None:
        self.decays = [group.get("weight_decay", 0.0) for group in trainer.optimizers[0].param_groups]

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        factor = float(self.factors[trainer.global_step])
        self.tried.append(factor)
        for group, decay in zip(trainer.optimizers[0].param_groups, self.decays, strict=True):
            group["lr"] = group["initial_lr"] * factor
            if self.muon:  # a recipe's decay is of the weights' scale, whatever the rate
                group["weight_decay"] = decay / factor

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        self.losses.append(float(outputs["loss"]))
        self.advance(1)
        # Not above: then it is NaN.
        if not np.mean(self.losses[-RECENT:]) <= DIVERGED * np.mean(self.losses[:RECENT]):
            trainer.should_stop = True

    def found(self) -> RateRange:
        """What was seen so far, without a last loss that is not finite."""
        count = len(self.losses) - (bool(self.losses) and not math.isfinite(self.losses[-1]))
        return RateRange(np.array(self.tried[:count]), np.array(self.losses[:count]))


def rate_range(recipe: Recipe, dataset: Dataset, split: Split, factors: np.ndarray) -> RateRange:
    """Train from the recipe's first weights, a step for each factor (float64 K, rising), until the loss diverges.

    Raises UserError for a network that brings its own optimizer, and for a device whose memory is full.
    """
    recipe = _for_a_test(recipe, len(factors))
    run = lengths(recipe.train, len(split.training))
    network = initial_network(recipe, dataset.train_images[split.training[:WHITENING_IMAGES]], len(dataset.classes))
    if own_step.overrides(network, "configure_optimizers"):
        raise UserError(f"{recipe.model.name} brings its own optimizer; set its rates in configure_optimizers there")
    if recipe.model.weights:
        print(load_initial_weights(network, recipe.model.weights))
    bf16 = half_type(recipe.train) is torch.bfloat16
    classifier = Classifier(network, recipe.loss, recipe.optim, run, len(dataset.classes), recipe.seed, bf16=bf16)
    plan = Plan(
        batch_size=run.batch_size, accumulate=recipe.train.accumulate, total_steps=run.total_steps, seed=recipe.seed
    )
    module = ImageModule(dataset, Split(split.training, split.held_out[:0]), recipe.augment, plan)
    with (
        tempfile.TemporaryDirectory() as folder,
        progress("trying rates", len(factors) * recipe.train.accumulate) as advance,
    ):
        rising, stop = RisingRates(factors, recipe.optim, advance), StopOnSignal(Path(folder) / "last.ckpt")
        trainer = build_trainer(recipe, run, Path(folder), [rising, stop], [])
        try:
            with stop, explain_failures(recipe.train):
                trainer.fit(classifier, datamodule=module)
        except NotFinite:
            pass  # it diverged: the losses before that are what was wanted
    return rising.found()


def _for_a_test(recipe: Recipe, steps: int) -> Recipe:
    """The recipe for this number of steps of whole images, without validation."""
    return replace(
        recipe,
        train=replace(recipe.train, length=f"{steps} steps", validate_every=10**9, devices=1, nodes=1, compile=False),
        augment=replace(recipe.augment, resolutions=[]),
    )
