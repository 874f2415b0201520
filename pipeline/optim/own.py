"""A participant's own optimizer and schedule, from a file or package."""

import inspect
import math
from collections.abc import Callable

from torch import nn
from torch.optim import Optimizer

from pipeline.core.errors import UserError
from pipeline.optim.config import OptimConfig
from pipeline.optim.groups import decay_groups
from pipeline.own import calls, parts


def own_optimizer(network: nn.Module, config: OptimConfig) -> Optimizer:
    """The optimizer from a class `C(params, lr=..., ...)` or a function `f(network, lr=..., ...)`.

    A class gets parameter groups with and without weight decay, a function gets the network; both get optim.lr, and
    optim.momentum and optim.weight_decay if they have arguments of these names. Raises UserError if the result is not
    an optimizer.
    """
    target = parts.load(config.kind, "optim.kind")
    whole = inspect.isclass(target) and issubclass(target, Optimizer)
    given = {"lr": config.lr, "momentum": config.momentum, "weight_decay": config.weight_decay}
    first = decay_groups(network, config) if whole else network
    optimizer = calls.call(target, "optim.own", config.own, given, positional=(first,))
    if not isinstance(optimizer, Optimizer):
        kind = type(optimizer).__name__
        raise UserError(f"optim.kind is {config.kind!r}, which gives a {kind}; it must give a torch.optim.Optimizer")
    return optimizer


def own_shape(name: str) -> Callable[[float], float]:
    """The function from progress (0 at the end of the warm-up, 1 at the run's end) to a share of the peak rate.

    Raises UserError if it does not return finite numbers.
    """
    shape = parts.load(name, "optim.schedule")
    for progress in (0.0, 0.5, 1.0):
        try:
            value = float(shape(progress))
        except Exception as error:  # anything that somebody's code may raise
            raise UserError(f"optim.schedule {name}: {type(error).__name__} at progress {progress}: {error}") from error
        if not math.isfinite(value) or value < 0:
            raise UserError(f"optim.schedule {name} gives {value} at progress {progress}; expected 0 or more")
    return shape
