"""The optimizers that a recipe names: torch's own for SGD and AdamW, and checkpoints of versions that had their own."""

import pytest
import torch
from torch import nn

from pipeline.optim.config import OptimConfig
from pipeline.optim.registry import rule


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, 5))


def built(kind, **options):
    net = network()
    return net, rule(kind)(net, OptimConfig(kind=kind, lr=0.01, weight_decay=0.1, **options), bf16=False)


def steps(net, optimizer, *numbers):
    for number in numbers:
        images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(number))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), torch.arange(6) % 5).backward()
        optimizer.step()
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize(
    ("kind", "reference", "options"),
    [
        ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        ("sgd", torch.optim.SGD, {"momentum": 0.0, "nesterov": False}),
        ("adamw", torch.optim.AdamW, {}),
    ],
)
def test_sgd_and_adamw_are_torchs_and_decay_weights_alone(kind, reference, options):
    net, optimizer = built(kind, **{name: options[name] for name in options if name == "momentum"})
    other = network()
    decayed = [p for p in other.parameters() if p.ndim > 1]
    groups = [{"params": decayed, "weight_decay": 0.1},
              {"params": [p for p in other.parameters() if p.ndim == 1], "weight_decay": 0.0}]  # fmt: skip
    # BatchNorm's weight is a vector, and the classifier's a matrix.
    assert torch.equal(steps(net, optimizer, 1, 2, 3), steps(other, reference(groups, lr=0.01, **options), 1, 2, 3))


# The settings of each group in the checkpoints of the version that had all rules in one class.
OLD = {
    "kind": "sgd", "lr": 0.01, "weight_decay": 0.1, "momentum": 0.6, "nesterov": True, "betas": (0.9, 0.999),
    "eps": 1e-8, "newton_schulz_steps": 3, "normalise": True, "half": True, "name": "weights", "initial_lr": 0.01,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_a_checkpoint_of_the_old_rules_goes_on(kind):
    expected = steps(*built(kind), 1, 2, 3)
    net, optimizer = built(kind)
    steps(net, optimizer, 1, 2)
    state = optimizer.state_dict()
    for group in state["param_groups"]:
        group_of_then = OLD | {"kind": kind, "params": group["params"], "weight_decay": group["weight_decay"]}
        group.clear()
        group.update(group_of_then)
    for values in state["state"].values():
        if "step" in values:
            values["step"] = int(values["step"])  # was a plain number
    resumed = rule(kind)(net, OptimConfig(kind=kind, lr=0.01, weight_decay=0.1), bf16=False)
    resumed.load_state_dict(state)
    assert torch.equal(steps(net, resumed, 3), expected)
