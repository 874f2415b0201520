"""The registry of optimizers."""

from typing import Protocol

import torch
from torch import nn
from torch.optim import Optimizer

from pipeline.optim.config import OptimConfig
from pipeline.optim.groups import decay_groups, muon_groups
from pipeline.optim.muon import Muon


class Rule(Protocol):
    """Makes an optimizer for a network. A new one is a function like those below, and its line in registry.py."""

    def __call__(self, network: nn.Module, config: OptimConfig, *, bf16: bool) -> Optimizer:
        """An optimizer of all trainable parameters, each in one group with a `name`.

        The schedule scales the rate of every group; the group named `whiten_bias` has a shorter schedule. `bf16`:
        whether the recipe computes in bfloat16.
        """


def muon(network: nn.Module, config: OptimConfig, *, bf16: bool) -> Optimizer:
    """Muon for filters, SGD for the rest."""
    return Muon(muon_groups(network, config), lr=config.lr, bf16=bf16)


def sgd(network: nn.Module, config: OptimConfig, *, bf16: bool) -> Optimizer:
    """torch's SGD with Nesterov momentum."""
    groups, nesterov = decay_groups(network, config), config.momentum > 0
    return resumable(torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum, nesterov=nesterov))


def adamw(network: nn.Module, config: OptimConfig, *, bf16: bool) -> Optimizer:
    """torch's AdamW."""
    return resumable(torch.optim.AdamW(decay_groups(network, config), lr=config.lr))


def resumable(optimizer: Optimizer) -> Optimizer:
    """The optimizer, made to load checkpoints of older torch versions that lack some of its settings."""

    def complete(optimizer: Optimizer, state: dict) -> dict:
        return state | {"param_groups": [optimizer.defaults | group for group in state["param_groups"]]}

    optimizer.register_load_state_dict_pre_hook(complete)
    return optimizer
