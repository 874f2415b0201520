"""Ctrl-C and SIGTERM end a run after the current step, with a checkpoint to resume from."""

import signal
import threading
from pathlib import Path

import pytorch_lightning as pl
import torch

from pipeline.training.callbacks.final import is_last_batch


class Stopped(Exception):
    """Training was stopped by a signal; the run folder has a checkpoint of the last completed step."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.exit_code = 128 + signal_number


def can_receive_signals() -> bool:
    """Whether this thread can receive signals: in Python only the main thread can."""
    return threading.current_thread() is threading.main_thread()


class StopOnSignal(pl.Callback):
    """Saves and stops between two steps, when nothing is half-updated. A second Ctrl-C ends the run at once.

    Several processes stop together at the end of an epoch: a signal reaches them at different steps, and each waits for
    all others. It is a context manager around the fit, because Lightning's clean-up may set handlers after ours.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint, self.caught, self.old, self.unit = checkpoint, 0, {}, "step"

    def __enter__(self) -> "StopOnSignal":
        if can_receive_signals():
            self.old = {number: signal.signal(number, self._catch) for number in self.SIGNALS}
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self.old.items():
            signal.signal(number, handler)

    def on_train_start(self, trainer, pl_module) -> None:
        self.unit = "step" if trainer.world_size == 1 else "epoch"
        # Lightning has set its own SIGTERM handler in front of ours; it would stop training inside a step.
        for number in self.old:
            signal.signal(number, self._catch)

    def _catch(self, number: int, frame) -> None:
        if self.caught:
            raise Stopped(number)
        self.caught = number
        print(f"\nstopping after this {self.unit} (Ctrl-C again ends at once, without saving) ...", flush=True)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        # A step with accumulated gradients would lose them, the last step of an epoch its validation.
        whole = (batch_idx + 1) % trainer.accumulate_grad_batches == 0 and not is_last_batch(trainer)
        if whole and self.unit == "step":
            self._stop_if_caught(trainer)

    def on_train_epoch_end(self, trainer, pl_module) -> None:
        if self.unit == "epoch":
            caught = torch.tensor(self.caught, device=pl_module.device)
            self.caught = int(trainer.strategy.reduce(caught, reduce_op="max"))
        self._stop_if_caught(trainer)

    def _stop_if_caught(self, trainer) -> None:
        if self.caught:
            trainer.save_checkpoint(self.checkpoint)
            raise Stopped(self.caught)
