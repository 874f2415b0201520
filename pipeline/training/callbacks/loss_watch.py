"""Warn of a loss that is finite, but so large that nothing is learned."""

import math
import sys

import pytorch_lightning as pl

from pipeline.training import own_step

# Multiples of the loss of guessing, ln(classes): far above that of any initial network.
FACTOR = 100


class LossWatch(pl.Callback):
    """Prints one warning if the mean loss of an epoch is more than a hundred times that of guessing."""

    def __init__(self, metrics) -> None:
        self.metrics, self.said = metrics, False

    def on_train_epoch_end(self, trainer, pl_module) -> None:
        """Compare the epoch's mean loss with that of guessing."""
        loss = self.metrics.rows[-1]["train_loss"] if self.metrics.rows else 0.0
        guessing = math.log(pl_module.accuracy.num_classes)
        if self.said or loss < FACTOR * guessing or not trainer.is_global_zero:
            return
        self.said = True
        print(
            f"warning: the training loss is {loss:.3g}, and guessing has {guessing:.2f}: the rates are too high for "
            f"this network; stop, and lower {own_step.rates(pl_module.optim)}, or use configs/own.yaml",
            file=sys.stderr,
        )
