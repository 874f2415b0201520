"""The options of the optimizer and its schedule."""

import math
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import duration
from pipeline.optim.schedule import SHAPES
from pipeline.own import parts


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """The optimizer. `lr` is for filters; biases and the classifier can have their own rates."""

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
    """Shape of the decay after the warm-up: constant, linear, cosine, or your own function `./FILE.py:NAME`."""
    warmup: str = "0 steps"
    """Length of the linear warm-up: a duration such as "5%" or "1 epoch"."""
    floor: float = 0.0
    """The final rate, as a share of the peak; 0 to 1."""
    whiten_bias: str = "3 epochs"
    """Whitened networks: how long the first layer's bias is trained; freezing it then saves a gradient."""
    clip: float = 0.0
    """Clip the gradient norm to this value; 0 is off."""

    def __post_init__(self) -> None:
        if self.schedule not in SHAPES and not parts.is_own(self.schedule):
            raise ValueError(
                f"optim.schedule is {self.schedule}; allowed: {', '.join(SHAPES)}, or your own as ./FILE.py:NAME"
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
