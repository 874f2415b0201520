"""What training asks of a network beside its forward pass: given by those that offer it, asked of no other."""

import torch
from torch import nn

from pipeline.models import registry
from pipeline.models.protocols import FrozenEarly, InitialisedFromImages, early_parameters
from pipeline.models.settings import WhitenedConfig
from pipeline.optim.config import OptimConfig
from pipeline.optim.registry import RULES, rule


def test_the_whitened_network_offers_both_and_others_neither():
    whitened = registry.build(registry.ModelConfig(whitened=WhitenedConfig(widths=(4, 4, 4))))
    assert isinstance(whitened, InitialisedFromImages)
    assert [id(p) for p in early_parameters(whitened)] == [id(whitened.whiten.bias)]
    resnet = registry.build(registry.ModelConfig(name="resnet18"))
    assert not isinstance(resnet, InitialisedFromImages | FrozenEarly)
    assert early_parameters(resnet) == []


class Own(nn.Module):
    """A network of somebody else's, which knows the protocol and nothing of its use."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(3, 1, 1))
        self.head = nn.Linear(3, 10)

    def early_parameters(self):
        return [self.shift]

    def forward(self, images):
        return self.head((images + self.shift).mean((2, 3)))


def test_any_network_can_have_parameters_that_are_frozen_early():
    for kind in RULES:
        optimizer = rule(kind)(Own(), OptimConfig(kind=kind), bf16=False)
        groups = {group["name"]: group["params"] for group in optimizer.param_groups}
        assert [p.shape for p in groups["whiten_bias"]] == [(3, 1, 1)], kind
