"""Training: from a recipe and a dataset to a run folder with a checkpoint."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pipeline.core import duration
from pipeline.core.images import Dataset
from pipeline.data.augment import normalise
from pipeline.data.module import ImageModule, Plan
from pipeline.data.splits import Split
from pipeline.kernels import session as kernels
from pipeline.models import registry
from pipeline.models.protocols import InitialisedFromImages, early_parameters
from pipeline.models.settings import ModelConfig, WhitenedConfig
from pipeline.models.weights import load_initial_weights
from pipeline.training.callbacks.checkpoints import step_of
from pipeline.training.callbacks.stop import StopOnSignal
from pipeline.training.classifier import Classifier
from pipeline.training.devices import device_of, half_type
from pipeline.training.guards import end_all_on_error, explain_failures
from pipeline.training.hard_examples import HardExamples
from pipeline.training.recipe import Recipe
from pipeline.training.settings import lengths
from pipeline.training.sharpness import Sharpness
from pipeline.training.trainer import build_trainer, run_callbacks

# Enough patches for the whitening's 12 x 12 covariance matrix; more make no difference.
WHITENING_IMAGES = 5000


def initial_network(recipe: Recipe, images: np.ndarray, classes: int) -> nn.Module:
    """The network before the first step, in channels_last memory format; whitened from uint8 images N x H x W x 3."""
    torch.manual_seed(recipe.seed)
    network = registry.build(recipe.model, classes)
    if isinstance(network, InitialisedFromImages):
        network.initialise_from(normalise(torch.from_numpy(np.ascontiguousarray(images[:WHITENING_IMAGES]))))
    return network.to(memory_format=torch.channels_last)


def selection(
    recipe: Recipe, run: duration.Run, network: nn.Module, images: np.ndarray, classes: int
) -> HardExamples | None:
    """The recipe's selection of hard examples, or None; its proxy, if it has one, is whitened from the images."""
    config, options = recipe.selection, {"label_smoothing": recipe.loss.label_smoothing}
    if not config.on:
        return None
    if config.proxy == "whitened":
        model = ModelConfig(whitened=WhitenedConfig(widths=config.widths, head_scale=config.head_scale))
        network = initial_network(replace(recipe, model=model), images, classes)
        for parameter in early_parameters(network):  # saves the largest gradient in its updates
            parameter.requires_grad_(False)
        options["optim"] = recipe.optim if config.lr is None else replace(recipe.optim, lr=config.lr)
    accumulate, bf16 = recipe.train.accumulate, half_type(recipe.train) is torch.bfloat16
    return HardExamples(config, run, network, accumulate=accumulate, bf16=bf16, **options)


def choose_kernels(
    recipe: Recipe, run: duration.Run, network: nn.Module, side: int, folder: Path, *, resume: bool
) -> None:
    """On a CPU: choose how convolutions are computed, and print the choice; images have `side` pixels per side."""
    config = recipe.train
    if device_of(config).type != "cpu":
        return
    if config.compile or config.devices * config.nodes > 1:
        print("kernels: torch's own; others need a single process without train.compile")
        return
    sizes = dict.fromkeys([*(stage.size for stage in recipe.augment.resolutions), side])
    images = max(1, int(run.batch_size // config.accumulate * recipe.selection.share))
    dtype = half_type(config) or torch.float32
    line = kernels.choose_kernels(network, sizes, images, dtype, kernels=config.kernels, folder=folder, resume=resume)
    if line:
        print(line)


def train(
    recipe: Recipe, dataset: Dataset, split: Split, folder: Path, *, resume: bool = False, loggers=(), extra=()
) -> Classifier:
    """Train, and write metrics.csv and checkpoints into the run folder. Returns the classifier with its final weights.

    With `resume`, training resumes from checkpoints/last.ckpt. `extra` are additional Lightning callbacks.
    Raises UserError for a loss that is not finite, a full disk, or settings that do not fit together.
    """
    run = lengths(recipe.train, len(split.training))
    classes, first = len(dataset.classes), dataset.train_images[split.training[:WHITENING_IMAGES]]
    network = initial_network(recipe, first, classes)
    if recipe.model.weights and not (resume and (folder / "checkpoints" / "last.ckpt").exists()):
        print(load_initial_weights(network, recipe.model.weights))
    chosen = selection(recipe, run, network, first, classes)
    choose_kernels(recipe, run, network, dataset.train_images.shape[1], folder, resume=resume)
    bf16 = half_type(recipe.train) is torch.bfloat16
    sharpness = Sharpness(recipe.sharpness) if recipe.sharpness.kind != "none" else None
    classifier = Classifier(network, recipe.loss, recipe.optim, run, classes, recipe.seed, chosen, bf16, sharpness)
    plan = Plan(
        batch_size=run.batch_size,
        accumulate=recipe.train.accumulate,
        total_steps=run.total_steps,
        seed=recipe.seed,
    )
    module = ImageModule(dataset, split, recipe.augment, plan)
    last = folder / "checkpoints" / "last.ckpt"
    stop = StopOnSignal(last)
    callbacks = [*run_callbacks(recipe, run, folder, validate=bool(len(split.held_out))), stop, *extra]
    trainer = build_trainer(recipe, run, folder, callbacks, list(loggers))
    if recipe.train.compile:
        classifier.model.compile()
        if chosen and chosen.network is not network:
            chosen.network.compile()
    start = last if resume and last.exists() else None
    begun = step_of(start, classifier) if start else 0
    with stop, explain_failures(recipe.train), end_all_on_error(trainer):
        trainer.fit(classifier, datamodule=module, ckpt_path=start, weights_only=True)
    if trainer.global_step > begun:  # otherwise keep the file, so that interrupted predictions can continue from it
        trainer.save_checkpoint(last)
    return classifier
