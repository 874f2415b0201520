"""metrics.csv: one row per epoch. The file is rewritten each time, so it is complete after a resume too."""

import time
from pathlib import Path

import pandas as pd
import pytorch_lightning as pl

from pipeline.core.files import write_text


class EpochMetrics(pl.Callback):
    """Keeps one row per epoch (metrics, learning rate, seconds, images per second) for the CSV, loggers and the user.

    The learning rate is that of the epoch's last step: after that step the schedule may already be at 0.

    The rows are part of the checkpoint, so the file of a resumed run has every epoch exactly once.
    """

    def __init__(self, path: Path, examples_per_epoch: int) -> None:
        self.path, self.examples = path, examples_per_epoch
        self.rows: list[dict[str, float]] = []
        self.validation: dict[str, float] = {}
        self.started = 0.0
        self.steps_at_start = 0
        self.rate = 0.0

    def on_train_start(self, trainer, pl_module) -> None:
        self._begin(trainer)

    def on_train_epoch_start(self, trainer, pl_module) -> None:
        self._begin(trainer)

    def _begin(self, trainer) -> None:
        self.started, self.steps_at_start = time.perf_counter(), trainer.global_step

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        self.rate = trainer.optimizers[0].param_groups[-1]["lr"]

    def on_validation_end(self, trainer, pl_module) -> None:
        # Lightning still reports the last ones in epochs without validation.
        self.validation = {name: float(value) for name, value in trainer.callback_metrics.items()}

    def on_train_epoch_end(self, trainer, pl_module) -> None:
        """Gather the epoch's row, write all rows to the CSV, and hand the new one to the loggers."""
        if self.rows and self.rows[-1]["epoch"] == trainer.current_epoch + 1:
            return  # resumed from the checkpoint at the end of this epoch, which has its row
        seconds = time.perf_counter() - self.started
        steps = trainer.global_step - self.steps_at_start
        row = {"epoch": trainer.current_epoch + 1, "step": trainer.global_step}
        row |= pl_module.train_metrics()
        row |= self.validation
        self.validation = {}
        row["learning_rate"] = self.rate
        row["seconds"] = round(seconds, 3)
        row["images_per_second"] = round(self.examples * steps / pl_module.run.steps_per_epoch / seconds, 1)
        self.rows.append(row)
        if trainer.is_global_zero:
            write_text(self.path, pd.DataFrame(self.rows).to_csv(index=False))
        for logger in trainer.loggers:
            logger.log_metrics(row, step=trainer.global_step)

    def state_dict(self) -> dict:
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        self.rows = list(state["rows"])
