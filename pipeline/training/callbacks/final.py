"""A run that ends inside an epoch is validated there too: that is the network which predicts."""

import pytorch_lightning as pl


def ends_epoch(trainer: pl.Trainer) -> bool:
    """Whether the batch just trained on is its epoch's last one, be it that the whole run ends with it."""
    return trainer.is_last_batch or trainer.global_step >= trainer.max_steps


class ValidateAtTheEnd(pl.Callback):
    """Lightning validates after an epoch's last batch alone, and in some epochs only: here also after the last step."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if trainer.global_step >= trainer.max_steps:
            trainer.check_val_every_n_epoch = 1
            trainer.should_stop = True  # which Lightning takes as a reason to validate
