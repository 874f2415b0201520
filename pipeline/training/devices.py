"""The device and the precision that a recipe means on this machine."""

import torch

from pipeline.core import hardware
from pipeline.core.errors import UserError
from pipeline.training.settings import TrainConfig


def accelerator(config: TrainConfig) -> str:
    """Lightning's name of the device to train on; raises UserError if a GPU is asked for and there is none."""
    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    if config.device == "gpu" and not gpu:
        raise UserError(
            "train.device is 'gpu', but this machine has none; use --train.device cpu, or set it in config.yaml "
            "to resume a run"
        )
    return "gpu" if gpu and config.device != "cpu" else "cpu"


def device_of(config: TrainConfig) -> torch.device:
    """The torch device of `accelerator`."""
    if accelerator(config) == "cpu":
        return torch.device("cpu")
    return torch.device("cuda" if torch.cuda.is_available() else "mps")


def half_type(config: TrainConfig) -> torch.dtype | None:
    """The 16-bit type in which the network computes on this machine; None for float32."""
    named = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
    return named[config.precision] if config.precision in named else hardware.half_type(device_of(config))


def precision_of(config: TrainConfig) -> str:
    """The precision on this machine, as `train.precision` names it."""
    return {None: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[half_type(config)]


def set_precision(config: TrainConfig) -> None:
    """On a GPU: full float32 if the recipe asks for fp32, otherwise TensorFloat-32 for what is not in 16 bits."""
    torch.set_float32_matmul_precision("high" if half_type(config) else "highest")
    torch.backends.cudnn.allow_tf32 = half_type(config) is not None
