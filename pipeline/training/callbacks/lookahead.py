"""Lookahead: every few steps the weights are pulled back towards a slow copy, which follows them.

Zhang et al. 2019, "Lookahead Optimizer: k steps forward, 1 step back", arXiv 1907.08610. As in airbench (Jordan 2024,
arXiv 2404.00498), the pull can grow during training, and running statistics are included.
"""

import pytorch_lightning as pl
import torch

from pipeline.core import duration
from pipeline.training.settings import LookaheadConfig


class Lookahead(pl.Callback):
    """slow += alpha (fast - slow), fast = slow, after every k-th optimizer step and after the last step of the run.

    So a run ends with the slow weights, and no step is lost. Neither source does this for the steps after the last k-th
    one: the slow weights with which the paper evaluates lack them, and airbench drops them.
    Both weights and BatchNorm's running statistics are updated; the optimizer's momenta are not. Between two updates,
    validation and checkpoints use the fast weights. The slow ones are part of the checkpoint.
    """

    def __init__(self, config: LookaheadConfig, run: duration.Run) -> None:
        self.config, self.total = config, run.total_steps
        self.slow: list[torch.Tensor] = []

    def alpha(self, step: int) -> float:
        """Share of the distance that the slow weights move at this step, counted from 1."""
        return 1 - (1 - self.config.alpha) * (step / self.total) ** self.config.power

    def on_train_start(self, trainer, pl_module) -> None:
        fast = self._fast(pl_module)
        self.slow = [slow.to(pl_module.device) for slow in self.slow] or [value.clone() for value in fast]

    @torch.no_grad()
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        """Update the slow weights and copy them to the network, if an update is due after this batch."""
        if (batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        step = trainer.global_step
        if step % self.config.every == 0 or step == self.total:
            fast = self._fast(pl_module)
            torch._foreach_lerp_(self.slow, fast, self.alpha(step))
            torch._foreach_copy_(fast, self.slow)

    @staticmethod
    def _fast(pl_module) -> list[torch.Tensor]:
        return [value for value in pl_module.model.state_dict().values() if value.is_floating_point()]

    def state_dict(self) -> dict:
        return {"slow": self.slow}

    def load_state_dict(self, state: dict) -> None:
        self.slow = list(state["slow"])
