"""Lookahead: every few steps the weights step back towards a slow copy that follows them.

Zhang et al. 2019, "Lookahead Optimizer: k steps forward, 1 step back", arXiv 1907.08610; with the pull that grows
over training, and over running statistics too, of airbench (Jordan 2024, arXiv 2404.00498).
"""

from dataclasses import dataclass

import pytorch_lightning as pl
import torch

from pipeline.optim import duration


@dataclass(frozen=True, kw_only=True)
class LookaheadConfig:
    """Lookahead around the optimizer (arXiv 1907.08610)."""

    every: int = 0
    """k, the optimizer steps between two meetings of slow and fast weights; 0 is off."""
    alpha: float = 0.5
    """How far the slow weights go towards the fast ones at each meeting; above 0, up to 1."""
    power: float = 0.0
    """0: alpha is constant; above, it falls from 1 to its value as (step / steps) ** power grows (airbench: 3)."""

    def __post_init__(self) -> None:
        for name in ("every", "power"):
            if getattr(self, name) < 0:
                raise ValueError(f"lookahead.{name} is {getattr(self, name)}; allowed: 0 (off) or a positive number")
        if not 0 < self.alpha <= 1:
            raise ValueError(f"lookahead.alpha is {self.alpha}; allowed: above 0, up to 1")


class Lookahead(pl.Callback):
    """slow += alpha (fast - slow), fast = slow, after every k-th optimizer step; a run ends on the slow weights.

    Weights and BatchNorm's running statistics meet; the optimizer's momenta stay as they are. Between two meetings,
    validation and checkpoints see the fast weights. The slow ones are part of the checkpoint.
    """

    def __init__(self, config: LookaheadConfig, run: duration.Run) -> None:
        self.config, self.total = config, run.total_steps
        self.slow: list[torch.Tensor] = []

    def alpha(self, step: int) -> float:
        """How far the slow weights go at this step, counted from 1."""
        return 1 - (1 - self.config.alpha) * (step / self.total) ** self.config.power

    def on_train_start(self, trainer, pl_module) -> None:
        fast = self._fast(pl_module)
        self.slow = [slow.to(pl_module.device) for slow in self.slow] or [value.clone() for value in fast]

    @torch.no_grad()
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if (batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        step, fast = trainer.global_step, self._fast(pl_module)
        meets = step % self.config.every == 0
        if meets:
            torch._foreach_lerp_(self.slow, fast, self.alpha(step))
        if meets or step == self.total:
            torch._foreach_copy_(fast, self.slow)

    @staticmethod
    def _fast(pl_module) -> list[torch.Tensor]:
        return [value for value in pl_module.model.state_dict().values() if value.is_floating_point()]

    def state_dict(self) -> dict:
        return {"slow": self.slow}

    def load_state_dict(self, state: dict) -> None:
        self.slow = list(state["slow"])
