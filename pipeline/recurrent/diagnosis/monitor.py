"""A Lightning callback that diagnoses the recurrent gradients of a model during training."""

import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.rank_zero import rank_zero_warn
from torch import Tensor, nn

from ..analysis.norms import log_norms
from ..errors import RecurrentError
from ..passes.modules import find_recurrent
from ..passes.recording import Recording, record_step
from ..tables import write_csv
from . import plots
from .diagnosis import Diagnosis, diagnose
from .evidence import Evidence

# An inspection can take a quarter longer than the one before.
MARGIN = 1.25


class RNNGradientMonitor(pl.Callback):
    """Every n steps, records scalars, the lag curve and the (t, k) heatmap of the model's recurrent module.

    Scalars are sent to every logger of the trainer and written to gradients.csv in `folder`; the picture is written
    there as PNG, and sent to loggers that accept images (W&B). It uses a separate pass on a few examples in eval mode,
    which does not affect the gradients, random numbers and batch statistics of training.
    """

    def __init__(
        self,
        folder: Path | str,
        every_n_steps: int = 100,
        examples: int = 8,
        rows: int = 32,
        max_share: float = 0.05,
        loss: Callable[[pl.LightningModule, Any], Tensor] | None = None,
        take: Callable[[Any, int], Any] | None = None,
    ):
        """folder: for PNG files and gradients.csv; created if needed. examples: number of examples from each batch.

        rows: number of steps t from which gradients are followed.
        every_n_steps: optimizer steps between two inspections, however many batches each step accumulates.
        max_share: largest share of the training time; inspections that would exceed it are skipped (0.05: 5 %; 0: all).
        loss: maps (module, batch of `examples`) to the loss; by default cross_entropy(module(batch[0]), batch[1]).
        take: maps (batch, examples) to a batch of that many examples; by default it slices every tensor of a tuple
        along the first axis. For batches with time first: lambda batch, n: tuple(part[:, :n] for part in batch).
        """
        super().__init__()
        for name, value in (("every_n_steps", every_n_steps), ("examples", examples), ("rows", rows)):
            if value < 1:
                raise RecurrentError(f"{name} must be at least 1, not {value}")
        self.folder, self.every_n_steps, self.examples, self.rows = Path(folder), every_n_steps, examples, rows
        self.max_share, self.loss, self.take = max_share, loss or classification_loss, take or first_examples
        self.history: list[dict[str, float]] = []
        """One dict of scalars per inspection, with its step."""
        self.diagnosis: Diagnosis | None = None
        """The diagnosis of the last inspection."""
        self.seconds = 0.0
        """Seconds spent in this callback."""
        self.skipped = 0
        """Number of inspections that were skipped because of max_share."""
        self._started = self._last_cost = 0.0
        self._due, self._step = False, 0

    @property
    def share(self) -> float:
        """The share of the training time spent in this callback."""
        return self.seconds / max(time.perf_counter() - self._started, 1e-9)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refuse a model without a recurrent module before the first step."""
        find_recurrent(pl_module)
        self._step = trainer.global_step
        self._started = time.perf_counter()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs, batch, index) -> None:
        """Inspect after an optimizer step, if an inspection is due and max_share allows it."""
        if trainer.global_step == self._step:
            return
        self._step = trainer.global_step
        if trainer.global_step % self.every_n_steps == 0:
            self._due = trainer.is_global_zero
        if not self._due:
            return
        if self.seconds + MARGIN * self._last_cost >= self.max_share * (time.perf_counter() - self._started):
            self.skipped += trainer.global_step % self.every_n_steps == 0
            return
        self._due = False
        began = time.perf_counter()
        self._inspect(trainer, pl_module, batch)
        spent = time.perf_counter() - began
        self.seconds += spent
        # The first inspection also imports matplotlib, so its time does not predict the next one's.
        self._last_cost = spent if len(self.history) > 1 else 0.0

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the scalars of all inspections to gradients.csv."""
        if self.history:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_csv(self.folder / "gradients.csv", self.history)

    def _inspect(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch) -> None:
        few = self.take(batch, self.examples)
        with undisturbed(pl_module):
            recording = record_step(pl_module, lambda: self.loss(pl_module, few))
        if self.take is first_examples and not self.history:
            _warn_of_time_first(recording, self.examples)
        self.diagnosis = diagnose(recording, samples=2, rows=self.rows)
        values = scalars(self.diagnosis.evidence)
        self.history.append({"step": trainer.global_step, **values})
        path = self._draw(recording, self.diagnosis.evidence[-1], trainer.global_step)
        for logger in trainer.loggers:
            logger.log_metrics({f"recurrent/{name}": value for name, value in values.items()}, trainer.global_step)
            if hasattr(logger, "log_image"):
                logger.log_image("recurrent/gradients", [str(path)])

    def _draw(self, recording: Recording, evidence: Evidence, step: int) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        direction = recording.trajectory.flat()[-1]
        norms = None if evidence.non_finite else log_norms(direction, rows=self.rows)
        figure = plots.overview(norms, evidence.curve, f"layer {evidence.name}, step {step}")
        return plots.save(figure, self.folder / f"gradients_{step:07d}.png")


def first_examples(batch: Any, count: int) -> tuple[Tensor, ...]:
    """The first examples of a tuple of tensors of equal length; raises RecurrentError for other batches."""
    parts = batch if isinstance(batch, (tuple, list)) else (batch,)
    whole = all(isinstance(part, Tensor) and part.dim() for part in parts)
    if not whole or len({len(part) for part in parts}) != 1:
        raise RecurrentError(
            f"a batch that is a {type(batch).__name__} cannot be cut: its parts are not tensors of one length: "
            "give the monitor take=lambda batch, n: ..., the batch of the first n examples"
        )
    return tuple(part[:count] for part in parts)


def _warn_of_time_first(recording: Recording, examples: int) -> None:
    steps, sequences = recording.trajectory.steps, len(recording.trajectory.lengths)
    if steps == examples < sequences:
        rank_zero_warn(
            f"the monitor's cut left {sequences} sequences of {steps} steps: if your batches have time first, give it "
            "take=lambda batch, n: tuple(part[:, :n] for part in batch)"
        )


def classification_loss(module: pl.LightningModule, batch: tuple) -> Tensor:
    """Cross-entropy of module(images) with labels or class probabilities."""
    images, targets = batch
    return nn.functional.cross_entropy(module(images).float(), targets)


def scalars(evidence: list[Evidence]) -> dict[str, float]:
    """The figures of each layer and direction, named `<layer>/<name>`; a horizon beyond the sequence counts as T."""
    found = {}
    for e in evidence:
        if e.non_finite is not None:
            found[f"{e.name}/non_finite"] = 1.0
            continue
        found[f"{e.name}/horizon"] = float(e.steps if e.horizon is None else e.horizon)
        found[f"{e.name}/growth"] = e.growth
        found[f"{e.name}/cancellation"] = e.cancellation
        if e.keep is not None:
            found[f"{e.name}/mean_keep"] = e.keep.mean().item()
        if e.indirect_ratio is not None:
            found[f"{e.name}/indirect_ratio"] = e.indirect_ratio
        for gate, share in (e.saturated or {}).items():
            found[f"{e.name}/saturated_{gate}"] = share
    return found


@contextmanager
def undisturbed(module: nn.Module):
    """While the block runs: eval mode, no compilation, and a copy of the random state.

    Everything is restored afterwards.
    """
    training = [child for child in module.modules() if child.training]
    devices = {parameter.device for parameter in module.parameters() if parameter.device.type == "cuda"}
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=list(devices)))
        stack.enter_context(torch.compiler.set_stance("force_eager"))
        # In eval mode cuDNN refuses the backward pass of a second recurrent module besides the inspected one.
        stack.enter_context(torch.backends.cudnn.flags(enabled=False))
        module.eval()
        try:
            yield
        finally:
            for child in training:
                child.training = True
