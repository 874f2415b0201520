"""Weight averaging: validation and prediction use a running mean of the trained weights."""

import itertools
from collections import OrderedDict
from collections.abc import Iterator

import torch
from pytorch_lightning.callbacks import WeightAveraging

from pipeline.core import duration
from pipeline.training.settings import AveragingConfig


class Averaging(WeightAveraging):
    """Lightning's WeightAveraging, updated every `every` steps from `start` on."""

    def __init__(self, config: AveragingConfig, run: duration.Run) -> None:
        super().__init__()
        self.decay = config.decay if config.kind == "ema" else None
        self.every, self.start = config.every, duration.steps(config.start, run)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        """Update the average if this step is due, without waiting for the device as AveragedModel does."""
        step = trainer.global_step
        if step > self._latest_update_step and self.should_update(step_idx=step - 1):
            self._update(pl_module, before=(step - 1 - self.start) // self.every)
            self._latest_update_step = step

    @torch.no_grad()
    def _update(self, pl_module, before: int) -> None:
        """Add the weights and floating-point buffers to the mean of `before` earlier ones; copy other buffers."""
        pairs = list(zip(_tensors(self._average_model.module), _tensors(pl_module), strict=True))
        share = 1 / (before + 1) if self.decay is None or before == 0 else 1 - self.decay
        for floating in (True, False):
            chosen = [pair for pair in pairs if pair[0].is_floating_point() == floating]
            averages, currents = ([pair[side] for pair in chosen] for side in (0, 1))
            if floating and share < 1:
                torch._foreach_lerp_(averages, currents, share)
            elif chosen:
                torch._foreach_copy_(averages, currents)
        self._average_model.n_averaged += 1

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Whether this optimizer step (counted from 0) enters the average."""
        return step_idx is not None and step_idx >= self.start and (step_idx - self.start) % self.every == 0

    def on_validation_epoch_start(self, trainer, pl_module) -> None:
        # Before the first update the average is a copy of the initial weights; validate the trained ones instead.
        if self._started():
            super().on_validation_epoch_start(trainer, pl_module)

    def on_validation_epoch_end(self, trainer, pl_module) -> None:
        if self._started():
            super().on_validation_epoch_end(trainer, pl_module)

    def on_train_end(self, trainer, pl_module) -> None:
        if self._started():
            super().on_train_end(trainer, pl_module)

    def on_save_checkpoint(self, trainer, pl_module, checkpoint) -> None:
        """Save the average as the checkpoint's weights, once there is one: predictions use it."""
        super().on_save_checkpoint(trainer, pl_module, checkpoint)
        current = checkpoint.get("current_model_state")
        if current is None:
            return
        if not self._started():  # a checkpoint must not predict with the initial weights either
            checkpoint["state_dict"] = current
        else:  # Lightning's copy loses what the layers record about themselves
            checkpoint["state_dict"] = OrderedDict(checkpoint["state_dict"])
            checkpoint["state_dict"]._metadata = current._metadata

    def _started(self) -> bool:
        return self._average_model is not None and bool(torch.as_tensor(self._average_model.n_averaged) > 0)


def _tensors(module: torch.nn.Module) -> Iterator[torch.Tensor]:
    return (tensor.detach() for tensor in itertools.chain(module.parameters(), module.buffers()))
