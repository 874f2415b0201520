"""From a network and a config to one optimizer and its schedule."""

import math
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from pipeline.core import duration
from pipeline.optim.own import own_optimizer, own_shape
from pipeline.optim.rules import RULES
from pipeline.optim.schedule import SHAPES, factor
from pipeline.own import parts


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """The optimizer. Filters take `lr`; biases and the classifier can have rates of their own."""

    kind: str = "muon"
    """muon (with SGD for all but filters and matrices), sgd, adamw, or your own: torch.optim:RAdam, ./FILE.py:NAME."""
    own: dict[str, Any] = field(default_factory=dict)
    """Arguments of your own optimizer, by name: `--optim.own.eps 1e-6`."""
    lr: float = 0.24
    """Peak learning rate of the filters (of all parameters, unless given below)."""
    momentum: float = 0.6
    """Momentum of Muon or SGD; 0 to below 1."""
    weight_decay: float = 0.004
    """Weight decay of biases and classifier under Muon; otherwise of all but biases, norms and recurrent matrices."""
    bias_lr: float = 0.053
    """With Muon: peak rate of norm biases and other vectors."""
    head_lr: float = 0.67
    """With Muon: peak rate of the classifier."""
    side_momentum: float = 0.85
    """With Muon: momentum of biases and classifier."""
    newton_schulz_steps: int = 3
    """With Muon: iterations of the orthogonalisation; 1 to 10."""
    schedule: str = "linear"
    """How the rate falls after the warm-up: constant, linear, cosine, or your own function `./FILE.py:NAME`."""
    warmup: str = "0 steps"
    """Length of the linear warm-up: a duration such as "5%" or "1 epoch"."""
    floor: float = 0.0
    """The rate at the end, as a share of the peak; 0 to 1."""
    whiten_bias: str = "3 epochs"
    """Whitened networks: how long the first layer's bias is trained; then it is frozen, which saves a gradient."""
    clip: float = 0.0
    """Clip the gradient's norm to this; 0 is off."""

    def __post_init__(self) -> None:
        for name, known in (("kind", RULES), ("schedule", SHAPES)):
            if getattr(self, name) not in known and not parts.is_own(getattr(self, name)):
                raise ValueError(
                    f"optim.{name} is {getattr(self, name)}; allowed: {', '.join(known)}, or your own as ./FILE.py:NAME"
                )
        for name in ("lr", "bias_lr", "head_lr"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"optim.{name} is {getattr(self, name)}; allowed: a positive number")
        for name, high in (("momentum", 1), ("side_momentum", 1), ("floor", 1)):
            if not 0 <= getattr(self, name) <= high - (name != "floor") * 1e-9:
                raise ValueError(f"optim.{name} is {getattr(self, name)}; allowed: 0 to {high}")
        for name in ("weight_decay", "clip"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"optim.{name} is {getattr(self, name)}; allowed: 0 or a positive number")
        if not 1 <= self.newton_schulz_steps <= 10:
            raise ValueError(f"optim.newton_schulz_steps is {self.newton_schulz_steps}; allowed: 1 to 10")
        duration.check("optim.warmup", self.warmup)
        duration.check("optim.whiten_bias", self.whiten_bias)


def optimizer_and_schedule(
    network: nn.Module, config: OptimConfig, run: duration.Run, *, bf16: bool = True
) -> tuple[Optimizer, LambdaLR]:
    """The optimizer over the network's parameters, and its schedule, to be stepped after every update.

    bf16: whether Muon's iteration may compute in bfloat16, which it does where the hardware is fast at it.
    """
    own = parts.is_own(config.kind)
    optimizer = own_optimizer(network, config) if own else RULES[config.kind](network, config, bf16=bf16)
    warmup = duration.steps(config.warmup, run)
    whiten = duration.steps(config.whiten_bias, run)
    shape = own_shape(config.schedule) if parts.is_own(config.schedule) else SHAPES[config.schedule]
    usual = factor(shape, run.total_steps, min(warmup, run.total_steps - 1), config.floor)
    short = factor(shape, whiten, max(0, min(warmup, whiten - 1)), config.floor)

    def whiten_bias(step: int) -> float:
        """The same shape in less time, then zero: frozen, whatever the floor."""
        return short(step) if step < whiten else 0.0

    names = [group.get("name", "own") for group in optimizer.param_groups]
    return optimizer, LambdaLR(optimizer, [whiten_bias if name == "whiten_bias" else usual for name in names])
