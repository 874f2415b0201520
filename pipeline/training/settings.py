"""The recipe's keys of training; free of torch, so that a mistake in a recipe is said at once."""

import math
from dataclasses import dataclass
from typing import Literal

from pipeline.core import duration
from pipeline.core.errors import UserError


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Length, batch size, precision and devices of training."""

    length: str = "8 epochs"
    """A duration such as "8 epochs" or "2000 steps"."""
    batch_size: int = 2000
    """Images per optimizer step, over all devices and accumulated parts."""
    accumulate: int = 1
    """Number of parts into which each batch is split, to save memory; must divide the batch size."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """auto: the fastest that the hardware supports: bfloat16, float16 with a scaled loss, or float32."""
    device: Literal["auto", "cpu", "gpu"] = "auto"
    """auto: a GPU if there is one."""
    devices: int = 1
    """Devices per machine."""
    nodes: int = 1
    """Number of machines."""
    strategy: str = "auto"
    """Lightning's strategy, such as `ddp`."""
    compile: bool = False
    """torch.compile the network: faster in long runs on a GPU, not on a CPU."""
    kernels: str = "auto"
    """How a CPU computes 3x3 convolutions: auto (measured at the start), torch, or a file (kernels.json of a run)."""
    validate_every: int = 1
    """Epochs between two validations."""

    def __post_init__(self) -> None:
        duration.check("train.length", self.length, percent=False)
        for name in ("batch_size", "accumulate", "devices", "nodes", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"train.{name} is {getattr(self, name)}; allowed: 1 or more")
        parts = self.accumulate * self.devices * self.nodes
        if self.batch_size % parts:
            raise ValueError(
                f"train.batch_size is {self.batch_size}; allowed: multiples of {parts} (accumulate x devices x nodes)"
            )


def lengths(config: TrainConfig, train_images: int) -> duration.Run:
    """Steps per epoch and in total; raises UserError for a batch larger than the training set."""
    per_epoch = train_images // config.batch_size
    if per_epoch == 0:
        raise UserError(f"train.batch_size is {config.batch_size}; allowed: at most the {train_images} training images")
    partial = duration.Run(batch_size=config.batch_size, steps_per_epoch=per_epoch)
    total = duration.steps(config.length, partial)
    if total == 0:
        raise UserError(f"train.length is {config.length!r}, which is less than half a step; allowed: 1 step or more")
    return duration.Run(batch_size=config.batch_size, steps_per_epoch=per_epoch, total_steps=total)


@dataclass(frozen=True, kw_only=True)
class AveragingConfig:
    """A running mean of the weights."""

    kind: Literal["none", "ema", "mean"] = "none"
    """ema: exponential moving average; mean: equal weights (stochastic weight averaging, arXiv 1803.05407)."""
    decay: float = 0.995
    """With ema: weight of the old average at each update; 0 to below 1."""
    every: int = 1
    """Optimizer steps between two updates; at least 1."""
    start: str = "0 steps"
    """When averaging starts: a duration such as "75%"."""

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise ValueError(f"averaging.decay is {self.decay}; allowed: 0 to below 1")
        if self.every < 1:
            raise ValueError(f"averaging.every is {self.every}; allowed: 1 or more steps")
        duration.check("averaging.start", self.start)


@dataclass(frozen=True, kw_only=True)
class CheckpointConfig:
    """When a checkpoint is written."""

    every: int = 100
    """Optimizer steps between two writes of last.ckpt, if `seconds` have passed too; at least 1."""
    seconds: float = 10.0
    """Minimum number of seconds between two writes; 0 or more. A GPU does hundreds of steps in the default time."""

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"checkpoint.every is {self.every}; allowed: 1 or more steps")
        if not 0 <= self.seconds < math.inf:
            raise ValueError(f"checkpoint.seconds is {self.seconds}; allowed: 0 or a positive number")


@dataclass(frozen=True, kw_only=True)
class LookaheadConfig:
    """Lookahead around the optimizer (arXiv 1907.08610)."""

    every: int = 0
    """k, the optimizer steps between two updates of the slow weights; at most the run's steps; 0 is off."""
    alpha: float = 0.5
    """Share of the distance that the slow weights move towards the fast ones at each update; above 0, up to 1."""
    power: float = 0.0
    """0: alpha is constant; above 0: it falls from 1 to alpha, with (step / steps) ** power (airbench: 3)."""

    def __post_init__(self) -> None:
        for name in ("every", "power"):
            if getattr(self, name) < 0:
                raise ValueError(f"lookahead.{name} is {getattr(self, name)}; allowed: 0 (off) or a positive number")
        if not 0 < self.alpha <= 1:
            raise ValueError(f"lookahead.alpha is {self.alpha}; allowed: above 0, up to 1")


@dataclass(frozen=True, kw_only=True)
class SelectionConfig:
    """Selection of the hardest images of each batch."""

    share: float = 1.0
    """Share of each batch that is trained on; above 0, up to 1; 1 is off."""
    proxy: Literal["whitened", "self"] = "whitened"
    """Whose loss counts: that of a small whitened network trained alongside, or that of the network itself (self)."""
    widths: tuple[int, int, int] = (32, 64, 64)
    """Channels of the whitened proxy's three blocks."""
    head_scale: float = 1.0
    """Factor on the whitened proxy's logits, after the division by the number of features."""
    lr: float | None = None
    """Peak learning rate of the whitened proxy's filters, in the recipe's optimizer; null: its own, optim.lr."""
    update_every: int = 4
    """Steps between two updates of the whitened proxy; 1 or more."""
    resolution: int = 0
    """Pixels per side of the proxy's images, if the batch has more: a multiple of 4, 16 to 64; 0: no change."""
    start: str = "0 steps"
    """When selection starts: a duration such as "10%"; the proxy is trained from the first step on."""
    until: str = "100%"
    """When selection ends; after that, training uses all images again."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"selection.share is {self.share}; allowed: above 0, up to 1")
        if min(self.widths) < 1:
            raise ValueError(f"selection.widths is {self.widths}; allowed: positive numbers")
        if self.head_scale <= 0:
            raise ValueError(f"selection.head_scale is {self.head_scale}; allowed: a positive number")
        if self.lr is not None and self.lr <= 0:
            raise ValueError(f"selection.lr is {self.lr}; allowed: a positive number, or null for optim.lr")
        if self.update_every < 1:
            raise ValueError(f"selection.update_every is {self.update_every}; allowed: 1 or more steps")
        if self.resolution and (self.resolution % 4 or not 16 <= self.resolution <= 64):
            raise ValueError(f"selection.resolution is {self.resolution}; allowed: 0 or multiples of 4 from 16 to 64")
        duration.check("selection.start", self.start)
        duration.check("selection.until", self.until)

    @property
    def on(self) -> bool:
        """Whether any image is left out."""
        return self.share < 1


@dataclass(frozen=True, kw_only=True)
class SharpnessConfig:
    """Sharpness-aware minimisation: better accuracy at twice the cost."""

    kind: Literal["none", "sam", "asam"] = "none"
    """none, SAM, or ASAM, whose neighbourhood is scaled by the weights."""
    rho: float = 0.5
    """Radius of the neighbourhood: about 0.05 for SAM, 0.5 for ASAM."""

    def __post_init__(self) -> None:
        if not 0 < self.rho < math.inf:
            raise ValueError(f"sharpness.rho is {self.rho}; allowed: a positive number")
