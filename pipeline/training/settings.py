"""How long to train, on which device and in which precision."""

from dataclasses import dataclass
from typing import Literal

import torch

from pipeline.core import duration, hardware
from pipeline.core.errors import UserError


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How long and on what."""

    length: str = "8 epochs"
    """A duration such as "8 epochs" or "2000 steps"."""
    batch_size: int = 2000
    """Images per optimizer step, over all devices and accumulated parts."""
    accumulate: int = 1
    """Parts in which the batch of a step is computed, to save memory; divides the batch size."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """auto: what the hardware is fast at: bfloat16, or float16 with the loss scaled, or float32; fp32: nothing less."""
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


def accelerator(config: TrainConfig) -> str:
    """Lightning's name of the device to train on; UserError if a GPU is asked for and there is none."""
    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    if config.device == "gpu" and not gpu:
        raise UserError(
            "train.device is 'gpu', but this machine has none; use --train.device cpu, or to resume a run set it "
            "in its config.yaml"
        )
    return "gpu" if gpu and config.device != "cpu" else "cpu"


def device_of(config: TrainConfig) -> torch.device:
    """The torch device that goes with `accelerator`."""
    if accelerator(config) == "cpu":
        return torch.device("cpu")
    return torch.device("cuda" if torch.cuda.is_available() else "mps")


def half_type(config: TrainConfig) -> torch.dtype | None:
    """The half type that the network computes in on this machine; None for float32."""
    named = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
    return named[config.precision] if config.precision in named else hardware.half_type(device_of(config))


def precision_of(config: TrainConfig) -> str:
    """The precision on this machine, as `train.precision` names it."""
    return {None: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[half_type(config)]


def set_precision(config: TrainConfig) -> None:
    """On a GPU: float32 as it is where it was asked for, else TensorFloat-32 for what the half type leaves."""
    torch.set_float32_matmul_precision("high" if half_type(config) else "highest")
    torch.backends.cudnn.allow_tf32 = half_type(config) is not None


def lengths(config: TrainConfig, train_images: int) -> duration.Run:
    """Steps per epoch and in all; UserError for a batch larger than the training set."""
    per_epoch = train_images // config.batch_size
    if per_epoch == 0:
        raise UserError(f"train.batch_size is {config.batch_size}; allowed: at most the {train_images} training images")
    partial = duration.Run(batch_size=config.batch_size, steps_per_epoch=per_epoch)
    total = duration.steps(config.length, partial)
    if total == 0:
        raise UserError(f"train.length is {config.length!r}, which is less than half a step; allowed: 1 step or more")
    return duration.Run(batch_size=config.batch_size, steps_per_epoch=per_epoch, total_steps=total)
