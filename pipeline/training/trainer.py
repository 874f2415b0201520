"""Lightning's Trainer for a recipe, and the callbacks of every run."""

import logging
import math
import warnings
from pathlib import Path

import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.precision import MixedPrecision

from pipeline.core import duration
from pipeline.training.callbacks.averaging import Averaging
from pipeline.training.callbacks.checkpoints import WholeCheckpointIO, checkpoint_callbacks
from pipeline.training.callbacks.final import ValidateAtTheEnd
from pipeline.training.callbacks.lookahead import Lookahead
from pipeline.training.callbacks.loss_watch import LossWatch
from pipeline.training.callbacks.metrics import EpochMetrics
from pipeline.training.callbacks.progress import EpochProgress
from pipeline.training.devices import accelerator, device_of, half_type, set_precision
from pipeline.training.recipe import Recipe


def run_callbacks(recipe: Recipe, run: duration.Run, folder: Path, *, validate: bool) -> list[pl.Callback]:
    """The callbacks of every run; those that change weights come first, so that checkpoints contain their result."""
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
        LossWatch(metrics),
        *([ValidateAtTheEnd()] if validate else []),
        EpochProgress(run.total_steps, epochs, metrics),
        *checkpoint_callbacks(folder / "checkpoints", recipe.checkpoint, validate=validate),
    ]


def gradient_monitor(folder: Path, every: int) -> pl.Callback:
    """The callback that diagnoses a recurrent network's gradients; its pictures go into the run's figures."""
    from pipeline.recurrent.diagnosis.monitor import RNNGradientMonitor

    return RNNGradientMonitor(folder / "figures" / "gradients", every_n_steps=every)


def build_trainer(recipe: Recipe, run: duration.Run, folder: Path, callbacks: list, loggers: list) -> pl.Trainer:
    """Lightning's Trainer, without anything that takes time in every step."""
    quiet_lightning()
    config, half = recipe.train, half_type(recipe.train)
    set_precision(config)
    return pl.Trainer(
        accelerator=accelerator(config),
        devices=config.devices,
        num_nodes=config.nodes,
        strategy=config.strategy,
        precision={torch.bfloat16: "bf16-mixed", None: "32-true"}.get(half),
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
        plugins=[WholeCheckpointIO(), *([scaled_loss(device_of(config))] if half is torch.float16 else [])],
        default_root_dir=folder,
    )


def scaled_loss(device: torch.device) -> MixedPrecision:
    """float16 with a scaled loss, as its gradients would underflow; a step whose gradients overflow is skipped.

    The scale is part of every checkpoint. Lightning does not do this on a CPU by default.
    """
    return MixedPrecision("16-mixed", device.type, torch.amp.GradScaler(device.type))


def quiet_lightning() -> None:
    """Silence messages that users need not act on: our batches need no workers, and tips are advertisements."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*isinstance\\(treespec, LeafSpec\\).*", category=FutureWarning)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    # The first step may be skipped in float16; the schedule goes on.
    warnings.filterwarnings("ignore", message=r"Detected call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`")
    # Ours are resumable: the next batch depends only on the trainer's step count.
    warnings.filterwarnings("ignore", message=".*your dataloader is not resumable")
    warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")
