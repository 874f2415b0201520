"""Validate after the last step too, if a run ends inside an epoch: that network makes the predictions."""

import pytorch_lightning as pl


def is_last_batch(trainer: pl.Trainer) -> bool:
    """Whether the current batch is the last one of its epoch or of the whole run."""
    return trainer.is_last_batch or trainer.global_step >= trainer.max_steps


class ValidateAtTheEnd(pl.Callback):
    """Validates after the last step; Lightning itself validates only at the end of (some) epochs."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if trainer.global_step >= trainer.max_steps:
            trainer.check_val_every_n_epoch = 1
            trainer.should_stop = True  # makes Lightning validate
