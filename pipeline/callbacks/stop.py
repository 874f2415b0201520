"""Ctrl-C and SIGTERM end a run at the next step's end, with a checkpoint to go on from."""

import signal
from pathlib import Path

import pytorch_lightning as pl


class Stopped(Exception):
    """Training was stopped by a signal; a checkpoint of the last whole step lies in the run folder."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.exit_code = 128 + signal_number


class StopOnSignal(pl.Callback):
    """Between steps nothing is half-updated: only there is the run saved and left. A second Ctrl-C ends it at once."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint, self.caught, self.old = checkpoint, 0, {}

    def setup(self, trainer, pl_module, stage: str) -> None:
        for number in self.SIGNALS:
            self.old[number] = signal.signal(number, self._catch)

    def on_exception(self, trainer, pl_module, exception: BaseException) -> None:
        self.restore()

    def teardown(self, trainer, pl_module, stage: str) -> None:
        self.restore()

    def restore(self) -> None:
        """Give the signals back to whoever had them."""
        for number, handler in self.old.items():
            signal.signal(number, handler)
        self.old = {}

    def _catch(self, number: int, frame) -> None:
        if self.caught:
            raise Stopped(number)
        self.caught = number
        print("\nstopping after this step (Ctrl-C again ends at once, without saving) ...", flush=True)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        # Within a step that is accumulated in parts, its gradients so far would be lost.
        if self.caught and (batch_idx + 1) % trainer.accumulate_grad_batches == 0:
            trainer.save_checkpoint(self.checkpoint)
            raise Stopped(self.caught)

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0) -> None:
        if self.caught:  # last.ckpt of the training step before is whole; weights may be swapped now
            raise Stopped(self.caught)
