"""Weight averaging: what validates and predicts is a running mean of the trained weights."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch.optim.swa_utils import get_ema_multi_avg_fn

from pipeline.optim import duration


@dataclass(frozen=True, kw_only=True)
class AveragingConfig:
    """A running mean of the weights."""

    kind: Literal["none", "ema", "mean"] = "none"
    """ema: exponential moving average; mean: equal weights (stochastic weight averaging, arXiv 1803.05407)."""
    decay: float = 0.995
    """Of ema: the old average's share at each update; 0 to below 1."""
    every: int = 1
    """Optimizer steps between two updates; at least 1."""
    start: str = "0 steps"
    """When averaging begins: a duration such as "75%"."""

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise ValueError(f"averaging.decay is {self.decay}; allowed: 0 to below 1")
        if self.every < 1:
            raise ValueError(f"averaging.every is {self.every}; allowed: 1 or more steps")
        duration.check("averaging.start", self.start)


class Averaging(WeightAveraging):
    """Lightning's WeightAveraging on every `every`-th step from `start` on."""

    def __init__(self, config: AveragingConfig, run: duration.Run) -> None:
        average = get_ema_multi_avg_fn(config.decay) if config.kind == "ema" else None
        super().__init__(**({"multi_avg_fn": average} if average else {}))
        self.every, self.start = config.every, duration.steps(config.start, run)

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Whether this optimizer step (counted from 0) enters the average."""
        return step_idx is not None and step_idx >= self.start and (step_idx - self.start) % self.every == 0

    def on_validation_epoch_start(self, trainer, pl_module) -> None:
        # Before the first update the average is a copy of the start; validate the trained weights instead.
        if self._started():
            super().on_validation_epoch_start(trainer, pl_module)

    def on_validation_epoch_end(self, trainer, pl_module) -> None:
        if self._started():
            super().on_validation_epoch_end(trainer, pl_module)

    def on_train_end(self, trainer, pl_module) -> None:
        if self._started():
            super().on_train_end(trainer, pl_module)

    def on_save_checkpoint(self, trainer, pl_module, checkpoint) -> None:
        """Put the average where predictions look for weights, once there is one."""
        super().on_save_checkpoint(trainer, pl_module, checkpoint)
        current = checkpoint.get("current_model_state")
        if current is None:
            return
        if not self._started():  # nor may a checkpoint predict with the start
            checkpoint["state_dict"] = current
        else:  # Lightning's copy loses what the layers record about themselves
            checkpoint["state_dict"] = OrderedDict(checkpoint["state_dict"])
            checkpoint["state_dict"]._metadata = current._metadata

    def _started(self) -> bool:
        return self._average_model is not None and bool(torch.as_tensor(self._average_model.n_averaged) > 0)
