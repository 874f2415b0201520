"""The optimizer of a network and its schedule, from a config."""

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from pipeline.core import duration
from pipeline.optim.config import OptimConfig
from pipeline.optim.own import own_optimizer, own_shape
from pipeline.optim.registry import rule
from pipeline.optim.schedule import SHAPES, factor
from pipeline.own import parts


def optimizer_and_schedule(
    network: nn.Module, config: OptimConfig, run: duration.Run, *, bf16: bool = True
) -> tuple[Optimizer, LambdaLR]:
    """The optimizer of the network's parameters, and its schedule, which must be stepped after every update.

    bf16: whether Muon's iteration may use bfloat16, which it does if the hardware is fast at it.
    """
    own = parts.is_own(config.kind)
    optimizer = own_optimizer(network, config) if own else rule(config.kind)(network, config, bf16=bf16)
    warmup = duration.steps(config.warmup, run)
    whiten = duration.steps(config.whiten_bias, run)
    shape = own_shape(config.schedule) if parts.is_own(config.schedule) else SHAPES[config.schedule]
    usual = factor(shape, run.total_steps, min(warmup, run.total_steps - 1), config.floor)
    short = factor(shape, whiten, max(0, min(warmup, whiten - 1)), config.floor)

    def whiten_bias(step: int) -> float:
        """The same shape in less time, then zero (frozen), even with a floor."""
        return short(step) if step < whiten else 0.0

    names = [group.get("name", "own") for group in optimizer.param_groups]
    return optimizer, LambdaLR(optimizer, [whiten_bias if name == "whiten_bias" else usual for name in names])
