"""Training: from a recipe and a dataset to a run folder with a checkpoint in it."""

import atexit
import logging
import math
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import StrategyRegistry
from torch import nn

from pipeline import hardware
from pipeline.callbacks.averaging import Averaging
from pipeline.callbacks.checkpoints import WholeCheckpointIO, checkpoint_callbacks, step_of
from pipeline.callbacks.final import ValidateAtTheEnd
from pipeline.callbacks.lookahead import Lookahead
from pipeline.callbacks.metrics import EpochMetrics
from pipeline.callbacks.progress import EpochProgress
from pipeline.callbacks.stop import StopOnSignal
from pipeline.classifier import Classifier
from pipeline.data.augment import normalise
from pipeline.data.images import Dataset
from pipeline.data.module import ImageModule, Plan
from pipeline.errors import UserError
from pipeline.models import registry
from pipeline.models.registry import ModelConfig
from pipeline.models.whitened import WhitenedConfig
from pipeline.optim import duration
from pipeline.selection import HardExamples

if TYPE_CHECKING:
    from pipeline.config import Recipe

# Enough patches for the whitening's 12 x 12 matrix; more changes nothing.
WHITENING_IMAGES = 5000


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How long and on what."""

    length: str = "8 epochs"
    """A duration such as "8 epochs" or "2000 steps"."""
    batch_size: int = 2000
    """Images an optimizer step, over all devices and accumulated parts."""
    accumulate: int = 1
    """Parts that a step's batch is computed in, to save memory; divides the batch size."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto: bfloat16 where the hardware multiplies it, else float32; fp32: no bfloat16 or TensorFloat-32 anywhere."""
    device: Literal["auto", "cpu", "gpu"] = "auto"
    """auto: a GPU if there is one."""
    devices: int = 1
    """Devices a machine."""
    nodes: int = 1
    """Machines."""
    strategy: str = "auto"
    """Lightning's strategy, such as `ddp`."""
    compile: bool = False
    """torch.compile the network: pays on a GPU in long runs, not on a CPU."""
    validate_every: int = 1
    """Epochs between two validations."""

    def __post_init__(self) -> None:
        duration.check("train.length", self.length)
        for name in ("batch_size", "accumulate", "devices", "nodes", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"train.{name} is {getattr(self, name)}; allowed: 1 or more")
        if "%" in self.length:
            raise ValueError(f'train.length is {self.length!r}; allowed: "200 steps", "8 epochs" or "400k examples"')
        parts = self.accumulate * self.devices * self.nodes
        if self.batch_size % parts:
            raise ValueError(
                f"train.batch_size is {self.batch_size}; allowed: multiples of {parts} (accumulate x devices x nodes)"
            )


def accelerator(config: TrainConfig) -> str:
    """Lightning's name of the device to train on; UserError where a GPU is asked for and there is none."""
    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    if config.device == "gpu" and not gpu:
        raise UserError("train.device is 'gpu', but this machine has none; use --train.device cpu")
    return "gpu" if gpu and config.device != "cpu" else "cpu"


def device_of(config: TrainConfig) -> torch.device:
    """The torch device that goes with `accelerator`."""
    if accelerator(config) == "cpu":
        return torch.device("cpu")
    return torch.device("cuda" if torch.cuda.is_available() else "mps")


def uses_bf16(config: TrainConfig) -> bool:
    """Whether the network computes in bfloat16 on this machine."""
    return config.precision == "bf16" or (config.precision == "auto" and hardware.bf16_is_fast(device_of(config)))


def set_precision(config: TrainConfig) -> None:
    """On a GPU: float32 as it is where it was asked for, else TensorFloat-32 for what bfloat16 leaves."""
    torch.set_float32_matmul_precision("high" if uses_bf16(config) else "highest")
    torch.backends.cudnn.allow_tf32 = uses_bf16(config)


def lengths(config: TrainConfig, train_images: int) -> duration.Run:
    """Steps an epoch and in all; UserError for a batch larger than the training set."""
    per_epoch = train_images // config.batch_size
    if per_epoch == 0:
        raise UserError(f"train.batch_size is {config.batch_size}; allowed: at most the {train_images} training images")
    partial = duration.Run(batch_size=config.batch_size, steps_per_epoch=per_epoch)
    total = duration.steps(config.length, partial)
    if total == 0:
        raise UserError(f"train.length is {config.length!r}, which is less than half a step; allowed: 1 step or more")
    return duration.Run(batch_size=config.batch_size, steps_per_epoch=per_epoch, total_steps=total)


def check(recipe: "Recipe", dataset: Dataset) -> None:
    """UserError, before anything is written, for settings that fit neither the images nor this machine."""
    check_devices(recipe.train)
    registry.check_name(recipe.model.name)
    rows, _ = recipe.data.rows(dataset.train_labels)
    run = lengths(recipe.train, len(rows))
    if recipe.log.gradients_every and not recipe.model.name.startswith("sequence_"):
        raise UserError(
            f"log.gradients_every watches recurrent networks; model.name is {recipe.model.name!r}: set it to 0"
        )
    if recipe.log.gradients_every and device_of(recipe.train).type == "mps":
        raise UserError("log.gradients_every counts in float64, which MPS lacks; set it to 0, or train.device to cpu")
    side = dataset.train_images.shape[1]
    for stage in recipe.augment.resolutions:
        if stage.by == "crop" and stage.size > side:
            raise UserError(f"augment.resolutions crops {stage.size} pixels of images of {side}; allowed: up to {side}")
    check_sizes(recipe, side)
    check_lookahead(recipe, run)
    check_averaging(recipe, run)
    check_selection(recipe, run)


def check_devices(config: TrainConfig) -> None:
    """UserError for more devices than there are, or a strategy that Lightning does not know."""
    if accelerator(config) == "gpu":
        found = torch.cuda.device_count() if torch.cuda.is_available() else 1
        if config.devices > found:
            raise UserError(f"train.devices is {config.devices}; this machine has {found}")
    known = StrategyRegistry.available_strategies()
    if config.strategy not in ("auto", *known):
        near = get_close_matches(config.strategy, known, n=3, cutoff=0.3)
        raise UserError(f"train.strategy is {config.strategy!r}; Lightning knows auto, {', '.join(near or known)}")


def check_sizes(recipe: "Recipe", side: int) -> None:
    """UserError where the network cannot take images of the sizes that the recipe shows it, as most transformers."""
    sizes = [("the images have", side)]
    sizes += [("augment.resolutions has", stage.size) for stage in recipe.augment.resolutions]
    if recipe.selection.on and recipe.selection.proxy == "self" and recipe.selection.resolution:
        sizes.append(("selection.resolution has", recipe.selection.resolution))
    timm = replace(recipe.model.timm, pretrained=False, weights=None)
    network = registry.build(replace(recipe.model, timm=timm)).eval()
    for what, size in sizes:
        try:
            with torch.no_grad():
                network(torch.zeros(1, 3, size, size))
        except (AssertionError, RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            fix = "leave it out" if "." in what else "choose another network, or a larger model.timm.image_size"
            raise UserError(
                f"{what} {size} pixels, which {recipe.model.name} does not take ({reason}); {fix}"
            ) from error


def check_lookahead(recipe: "Recipe", run: duration.Run) -> None:
    """UserError for a lookahead whose weights would not meet within the run."""
    if recipe.lookahead.every > run.total_steps:
        raise UserError(
            f"lookahead.every is {recipe.lookahead.every}, but the run has {run.total_steps} steps; "
            "allowed: up to that, or 0 (off)"
        )


def check_averaging(recipe: "Recipe", run: duration.Run) -> None:
    """UserError for an average that would begin after the run."""
    start = duration.steps(recipe.averaging.start, run)
    if recipe.averaging.kind != "none" and start >= run.total_steps:
        raise UserError(
            f"averaging.start is {recipe.averaging.start!r}, step {start}, but the run has {run.total_steps} steps; "
            "set it earlier, or averaging.kind none"
        )


def check_selection(recipe: "Recipe", run: duration.Run) -> None:
    """UserError for a selection that selects in no step of the run."""
    config = recipe.selection
    if config.on and duration.steps(config.start, run) >= min(duration.steps(config.until, run), run.total_steps):
        raise UserError(
            f"selection.start is {config.start!r}, selection.until {config.until!r}: no step of the run lies between; "
            "set start earlier or until later"
        )


def initial_network(recipe: "Recipe", images: np.ndarray, classes: int) -> nn.Module:
    """The network before the first step, in channels_last memory; whitened from uint8 images N x H x W x 3."""
    torch.manual_seed(recipe.seed)
    network = registry.build(recipe.model, classes)
    if hasattr(network, "initialise_from"):
        network.initialise_from(normalise(torch.from_numpy(np.ascontiguousarray(images[:WHITENING_IMAGES]))))
    return network.to(memory_format=torch.channels_last)


def selection(
    recipe: "Recipe", run: duration.Run, network: nn.Module, images: np.ndarray, classes: int
) -> HardExamples | None:
    """The recipe's selection of hard examples, if any; a proxy of its own is whitened from the images."""
    config, options = recipe.selection, {"label_smoothing": recipe.loss.label_smoothing}
    if not config.on:
        return None
    if config.proxy == "whitened":
        model = ModelConfig(whitened=WhitenedConfig(widths=config.widths, head_scale=config.head_scale))
        network = initial_network(replace(recipe, model=model), images, classes)
        network.whiten.bias.requires_grad_(False)  # spares its updates the largest gradient
        options["optim"] = recipe.optim if config.lr is None else replace(recipe.optim, lr=config.lr)
    pieces, half = recipe.train.accumulate, uses_bf16(recipe.train)
    return HardExamples(config, run, network, pieces=pieces, half=half, **options)


def train(
    recipe: "Recipe", dataset: Dataset, folder: Path, *, resume: bool = False, loggers=(), extra=()
) -> Classifier:
    """Train, writing metrics.csv and checkpoints into the run folder; the classifier with its final weights.

    With `resume` training goes on from checkpoints/last.ckpt. `extra` are further Lightning callbacks.
    UserError for a loss that is not finite, a full disk, or settings that do not fit together.
    """
    rows, held_out = recipe.data.rows(dataset.train_labels)
    run = lengths(recipe.train, len(rows))
    classes, first = len(dataset.classes), dataset.train_images[rows[:WHITENING_IMAGES]]
    network = initial_network(recipe, first, classes)
    chosen = selection(recipe, run, network, first, classes)
    half = uses_bf16(recipe.train)
    classifier = Classifier(network, recipe.loss, recipe.optim, run, classes, recipe.seed, chosen, half)
    plan = Plan(
        batch_size=run.batch_size,
        accumulate=recipe.train.accumulate,
        total_steps=run.total_steps,
        seed=recipe.seed,
    )
    module = ImageModule(dataset, rows, held_out, recipe.augment, plan)
    last = folder / "checkpoints" / "last.ckpt"
    stop = StopOnSignal(last)
    callbacks = [*run_callbacks(recipe, run, folder, validate=bool(len(held_out))), stop, *extra]
    trainer = build_trainer(recipe, run, folder, callbacks, list(loggers))
    if recipe.train.compile:
        classifier.model.compile()
        if chosen and chosen.network is not network:
            chosen.network.compile()
    start = last if resume and last.exists() else None
    begun = step_of(start) if start else 0
    with stop, explained(recipe.train), ending_together(trainer):
        trainer.fit(classifier, datamodule=module, ckpt_path=start, weights_only=True)
    if trainer.global_step > begun:  # else the file stays as it is, and predictions that were cut off go on from it
        trainer.save_checkpoint(last)
    return classifier


@contextmanager
def ending_together(trainer: pl.Trainer) -> Iterator[None]:
    """An error here, such as a full disk, ends the processes that Lightning started: they would wait for this one."""
    try:
        yield
    except Exception:
        kill = getattr(trainer.strategy.launcher, "kill", None)
        if kill:  # at the very end, since Lightning ends this process soon after one of them is gone
            atexit.register(kill, signal.SIGKILL)
        raise


@contextmanager
def explained(config: TrainConfig) -> Iterator[None]:
    """One line for what only shows in the first steps: too little memory, or a network that cannot be compiled."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"the device's memory is full with train.batch_size {config.batch_size} in {config.accumulate} parts; "
            "start again with more parts (train.accumulate) or a smaller batch"
        ) from error
    except RuntimeError as error:
        # torch's own kinds lie in a module that takes seconds to import, and is there only if it was used.
        dynamo = sys.modules.get("torch._dynamo.exc")
        if not config.compile or dynamo is None or not isinstance(error, dynamo.TorchDynamoException):
            raise
        first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise UserError(f"torch.compile failed ({first}); start again with --train.compile false") from error


def run_callbacks(recipe: "Recipe", run: duration.Run, folder: Path, *, validate: bool) -> list[pl.Callback]:
    """The callbacks of every run; those that change weights come first, so that checkpoints hold what they made."""
    epochs = math.ceil(run.total_steps / run.steps_per_epoch)
    metrics = EpochMetrics(folder / "metrics.csv", run.steps_per_epoch * run.batch_size)
    lookahead = [Lookahead(recipe.lookahead, run)] if recipe.lookahead.every else []
    averaging = [Averaging(recipe.averaging, run)] if recipe.averaging.kind != "none" else []
    monitor = [gradient_monitor(folder, recipe.log.gradients_every)] if recipe.log.gradients_every else []
    return [
        *lookahead,
        *averaging,
        *monitor,
        metrics,
        *([ValidateAtTheEnd()] if validate else []),
        EpochProgress(run.total_steps, epochs, metrics),
        *checkpoint_callbacks(folder / "checkpoints", recipe.checkpoint, validate=validate),
    ]


def gradient_monitor(folder: Path, every: int) -> pl.Callback:
    """The callback that watches a recurrent network's gradients; its pictures go into the run's figures."""
    from pipeline.recurrent.diagnosis.monitor import RNNGradientMonitor

    return RNNGradientMonitor(folder / "figures" / "gradients", every_n_steps=every)


def build_trainer(recipe: "Recipe", run: duration.Run, folder: Path, callbacks: list, loggers: list) -> pl.Trainer:
    """Lightning's Trainer without anything that costs time a step."""
    quiet_lightning()
    config = recipe.train
    set_precision(config)
    return pl.Trainer(
        accelerator=accelerator(config),
        devices=config.devices,
        num_nodes=config.nodes,
        strategy=config.strategy,
        precision="bf16-mixed" if uses_bf16(config) else "32-true",
        max_steps=run.total_steps,
        max_epochs=-1,
        accumulate_grad_batches=config.accumulate,
        gradient_clip_val=recipe.optim.clip or None,
        check_val_every_n_epoch=config.validate_every,
        limit_val_batches=1.0 if recipe.data.holds_out else 0,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        benchmark=True,
        log_every_n_steps=0,
        logger=loggers,
        callbacks=callbacks,
        plugins=[WholeCheckpointIO()],
        default_root_dir=folder,
    )


def quiet_lightning() -> None:
    """Silence notes that ask nothing of a user: our batches need no workers, and tips are advertisements."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*isinstance\\(treespec, LeafSpec\\).*", category=FutureWarning)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    # Ours are: the trainer's step count alone says which batch comes next.
    warnings.filterwarnings("ignore", message=".*your dataloader is not resumable")
    warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")
