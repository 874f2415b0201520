"""A participant's own loss, or the training step of their own LightningModule, inside the kit's classifier."""

from collections.abc import Callable
from functools import partial

import pytorch_lightning as pl
from torch import Tensor, nn

from pipeline.core.errors import UserError
from pipeline.optim.config import OptimConfig
from pipeline.own import calls, parts
from pipeline.training.loss import LossConfig
from pipeline.training.smoothing import cross_entropy


def criterion(config: LossConfig) -> Callable[[Tensor, Tensor], Tensor]:
    """The training loss of (logits N x classes, targets N or N x classes): a scalar to be minimised.

    A class is instantiated with loss.own, a function is called with it. An argument `label_smoothing` gets the
    recipe's.
    """
    if config.name == "cross_entropy":
        return partial(cross_entropy, label_smoothing=config.label_smoothing)
    target = parts.load(config.name, "loss.name")
    given = {"label_smoothing": config.label_smoothing}
    if isinstance(target, type):
        return calls.call(target, "loss.own", config.own, given)
    given = {name: value for name, value in given.items() if name in calls.parameters(target)}
    values = calls.typed(target, "loss.own", config.own, set(list(calls.parameters(target))[:2]))
    return partial(target, **{**given, **values})


def overrides(network: nn.Module, method: str) -> bool:
    """Whether the network is a LightningModule that defines this method itself."""
    return isinstance(network, pl.LightningModule) and getattr(type(network), method) is not getattr(
        pl.LightningModule, method
    )


def loss_of(network: pl.LightningModule, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
    """The loss of the network's own training step: a scalar, or a dict with "loss". Its self.log is ignored."""
    network.log = network.log_dict = lambda *arguments, **options: None
    result = network.training_step(batch, index)
    loss = result["loss"] if isinstance(result, dict) else result
    if not isinstance(loss, Tensor) or loss.ndim:
        raise UserError(f"{type(network).__name__}.training_step gives {type(loss).__name__}; expected a scalar loss")
    return loss


def rates(config: OptimConfig) -> str:
    """The learning rates that this optimizer uses, with their values, for a message."""
    names = ("lr", "head_lr", "bias_lr") if config.kind == "muon" else ("lr",)
    return ", ".join(f"optim.{name} ({getattr(config, name):g})" for name in names)
