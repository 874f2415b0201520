"""The options of the training loss."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.own import parts


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """The training loss."""

    name: str = "cross_entropy"
    """cross_entropy, or your own: a class or function in `./FILE.py:NAME` from logits and targets to a scalar."""
    own: dict[str, Any] = field(default_factory=dict)
    """Arguments of your own loss, by name: `--loss.own.gamma 2`."""
    label_smoothing: float = 0.2
    """Share of each target spread evenly over the classes; 0 to below 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"loss.label_smoothing is {self.label_smoothing}; allowed: 0 to below 1")
        if self.name != "cross_entropy" and not parts.is_own(self.name):
            raise ValueError(f"loss.name is {self.name}; allowed: cross_entropy, or your own as ./FILE.py:NAME")
