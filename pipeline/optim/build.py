"""From a network and a config to one optimizer and its schedule."""

import math
from dataclasses import dataclass
from typing import Literal

from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from pipeline.core import duration
from pipeline.optim.muon import Muon
from pipeline.optim.schedule import factor


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """The optimizer. Filters take `lr`; biases and the classifier can have rates of their own."""

    kind: Literal["muon", "sgd", "adamw"] = "muon"
    """The rule for convolution filters and matrices; Muon leaves everything else to Nesterov SGD."""
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
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    """How the rate falls after the warm-up."""
    warmup: str = "0 steps"
    """Length of the linear warm-up: a duration such as "5%" or "1 epoch"."""
    floor: float = 0.0
    """The rate at the end, as a share of the peak; 0 to 1."""
    whiten_bias: str = "3 epochs"
    """Whitened networks: how long the first layer's bias is trained; then it is frozen, which saves a gradient."""
    clip: float = 0.0
    """Clip the gradient's norm to this; 0 is off."""

    def __post_init__(self) -> None:
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


def parameter_groups(network: nn.Module, config: OptimConfig) -> list[dict]:
    """The groups of the optimizer, each named; parameters that need no gradient are left out."""
    whiten = getattr(getattr(network, "whiten", None), "bias", None)
    named = [(n, p) for n, p in network.named_parameters() if p.requires_grad and p is not whiten]
    if config.kind != "muon":
        return _plain_groups(named, whiten, config)
    head = _head_names(network)
    filters = [p for n, p in named if _is_matrix(n, p) and n not in head]
    vectors = [p for n, p in named if not _is_matrix(n, p) and n not in head]
    classifier = [p for n, p in named if n in head]
    side = {"kind": "sgd", "momentum": config.side_momentum}
    groups = [
        {"name": "whiten_bias", "params": [whiten] if whiten is not None else [], **side, "lr": config.bias_lr},
        {"name": "biases", "params": vectors, **side, "lr": config.bias_lr},
        {"name": "head", "params": classifier, **side, "lr": config.head_lr},
    ]
    for group in groups:  # decay is of the weights' scale, so it does not grow with a group's rate
        group["weight_decay"] = config.weight_decay / group["lr"]
    groups.append({
        "name": "filters", "params": filters, "kind": "muon", "lr": config.lr, "momentum": config.momentum,
        "newton_schulz_steps": config.newton_schulz_steps,
    })  # fmt: skip
    return [group for group in groups if group["params"]]


def _plain_groups(named: list, whiten, config: OptimConfig) -> list[dict]:
    """SGD or AdamW: decay on matrices and filters, none on biases and norms."""
    rule = {"kind": config.kind, "lr": config.lr, "momentum": config.momentum}
    groups = [
        {"name": "weights", "params": [p for n, p in named if _is_matrix(n, p)], "weight_decay": config.weight_decay},
        {"name": "vectors", "params": [p for n, p in named if not _is_matrix(n, p)], "weight_decay": 0.0},
        {"name": "whiten_bias", "params": [whiten] if whiten is not None else [], "weight_decay": 0.0},
    ]
    return [group | rule for group in groups if group["params"]]


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """A layer's weight; position embeddings and class tokens have axes too, but map nothing to anything.

    A recurrent module's weight_hh_l0 and its like are not: decay would shorten the memory, and Muon would take four
    gates for one matrix.
    """
    return parameter.ndim >= 2 and name.endswith("weight")


def _head_names(network: nn.Module) -> set[str]:
    """Names of the last linear layer's parameters: the classifier, in every network of the registry."""
    linear = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    return {f"{linear[-1]}.weight", f"{linear[-1]}.bias"} if linear else set()


def optimizer_and_schedule(
    network: nn.Module, config: OptimConfig, run: duration.Run, *, half: bool = True
) -> tuple[Muon, LambdaLR]:
    """The optimizer over the network's parameters, and its schedule, to be stepped after every update.

    half: whether Muon's iteration may compute in bfloat16, which it does where the hardware is fast at it.
    """
    groups = parameter_groups(network, config)
    optimizer = Muon(groups, lr=config.lr, half=half)
    warmup = duration.steps(config.warmup, run)
    whiten = duration.steps(config.whiten_bias, run)
    usual = factor(config.schedule, run.total_steps, min(warmup, run.total_steps - 1), config.floor)
    short = factor(config.schedule, whiten, max(0, min(warmup, whiten - 1)), config.floor)

    def whiten_bias(step: int) -> float:
        """The same shape in less time, then zero: frozen, whatever the floor."""
        return short(step) if step < whiten else 0.0

    return optimizer, LambdaLR(optimizer, [whiten_bias if g["name"] == "whiten_bias" else usual for g in groups])
