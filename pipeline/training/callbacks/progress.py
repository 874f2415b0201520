"""The progress that the user sees: a bar with the time left, and one line per epoch."""

import pytorch_lightning as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.core.notebook import NotebookBar, in_notebook
from pipeline.training.callbacks.metrics import EpochMetrics

# Drawing takes time, and a few updates per second are enough.
REFRESH_PER_SECOND = 2


class EpochProgress(pl.Callback):
    """One bar for the whole run on a terminal or in a notebook; only the lines in a file or a pipe."""

    def __init__(self, total_steps: int, epochs: int, metrics: EpochMetrics, console: Console | None = None) -> None:
        self.total, self.epochs, self.metrics = total_steps, epochs, metrics
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.bar: Progress | None = None
        self.below: NotebookBar | None = None

    def on_train_start(self, trainer, pl_module) -> None:
        """Show the bar at the step from which training resumes."""
        if trainer.is_global_zero and in_notebook():
            self.below = NotebookBar("training steps", self.total, trainer.global_step)
        if not (trainer.is_global_zero and self.console.is_terminal):
            return
        self.bar = Progress(
            TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("steps"), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), console=self.console, refresh_per_second=REFRESH_PER_SECOND,
            transient=True,
        )  # fmt: skip
        self.task = self.bar.add_task("", total=self.total, completed=trainer.global_step)
        self.bar.start()

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if self.bar:
            self.bar.update(self.task, completed=trainer.global_step)
        if self.below:
            self.below.update(trainer.global_step)

    def on_train_epoch_end(self, trainer, pl_module) -> None:
        if trainer.is_global_zero:
            self.console.print(line(self.metrics.rows[-1], self.epochs))

    def on_train_end(self, trainer, pl_module) -> None:
        self._close()

    def on_exception(self, trainer, pl_module, exception) -> None:
        self._close()

    def _close(self) -> None:
        if self.bar:
            self.bar.stop()
            self.bar = None
        if self.below:
            self.below.draw()
            self.below = None


def line(row: dict[str, float], epochs: int) -> str:
    """The metrics of an epoch as one line."""
    parts = [f"epoch {int(row['epoch']):>{len(str(epochs))}}/{epochs}"]
    if "train_loss" in row:
        parts.append(f"loss {row['train_loss']:.4f}")
    if "train_accuracy" in row:
        parts.append(f"train {row['train_accuracy']:.2%}")
    if "validation_accuracy" in row:
        parts.append(f"validation {row['validation_accuracy']:.2%}")
    parts += [f"rate {row['learning_rate']:.3g}", f"{row['images_per_second']:,.0f} img/s", f"{row['seconds']:.1f} s"]
    return "  ".join(parts)
