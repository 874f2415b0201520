"""How many operations of torch a training step calls: `python -m tests.tools.operations` counts them for fast.yaml.

Views and allocations are not included; an operation on a list of tensors counts once. Everything runs on the CPU,
without torch.compile and in bfloat16; for the lines "GPU", the code takes the paths of a GPU.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pipeline.config import read_recipe
from pipeline.core import hardware
from pipeline.models.protocols import early_parameters
from pipeline.optim import muon
from pipeline.optim.build import optimizer_and_schedule
from pipeline.training.own_step import criterion
from pipeline.training.recipe import Recipe
from pipeline.training.settings import lengths
from pipeline.training.train import initial_network

FAST = Path(__file__).parents[2] / "configs" / "fast.yaml"
# Operations that make no tensor's numbers; views are known to torch.
ALLOCATIONS = ("empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "_unsafe_view", "detach")
PARTS = ("forward", "loss", "backward", "optimizer")


class Operations(TorchDispatchMode):
    """Counts the operations inside its block, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        namespace, _, name = operation._schema.name.partition("::")
        if namespace == "aten" and not operation.is_view and name not in ALLOCATIONS:
            self.names[name] += 1
        return operation(*args, **(kwargs or {}))

    @property
    def total(self) -> int:
        """All operations."""
        return sum(self.names.values())


@dataclass(frozen=True)
class Step:
    """A training step without its data and figures: the parts of PARTS, each counted."""

    counted: dict[str, Operations]

    @property
    def total(self) -> int:
        """The operations of all parts."""
        return sum(part.total for part in self.counted.values())


def count(recipe: Recipe, *, gpu: bool, early: bool, images: int = 2) -> Step:
    """Count a step with momenta. `early`: whether the parameters that are frozen early are still trained."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, 32, 32, 3), dtype=np.uint8)
    recipe = replace(recipe, train=replace(recipe.train, batch_size=images))
    network = initial_network(recipe, pixels, 10).train()
    optimizer, _ = optimizer_and_schedule(network, recipe.optim, lengths(recipe.train, 1000))
    for parameter in early_parameters(network):
        parameter.requires_grad_(early)
    with (
        mock.patch.object(hardware, "calls_cost_time", return_value=gpu),
        mock.patch.object(muon, "bf16_is_fast", return_value=True),
    ):
        return one_step(network, optimizer, criterion(recipe.loss), images)


def one_step(network, optimizer, loss_of, images: int) -> Step:
    """Forward pass, loss, backward pass and update, each counted."""
    counted = {part: Operations() for part in PARTS}
    batch = torch.randn(images, 3, 24, 24).to(memory_format=torch.channels_last)
    targets = torch.arange(images) % 10
    with counted["forward"], torch.autocast("cpu", torch.bfloat16):
        logits = network(batch)
    with counted["loss"]:
        loss = loss_of(logits.float(), targets)
    with counted["backward"]:
        loss.backward()
    optimizer.step()
    with counted["optimizer"]:
        optimizer.step()
    return Step(counted)


def main(arguments: list[str] | None = None) -> int:
    """Print the counts of both devices, with and without the early parameters."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=FAST, help="the recipe to count")
    parser.add_argument("--names", action="store_true", help="also list the operations of each part")
    options = parser.parse_args(arguments)
    recipe = read_recipe(options.config)
    for gpu in (False, True):
        for early in (True, False):
            step = count(recipe, gpu=gpu, early=early)
            parts = ", ".join(f"{part} {counted.total}" for part, counted in step.counted.items())
            device, state = "GPU" if gpu else "CPU", "trained" if early else "frozen"
            print(f"{device}, early parameters {state}: {step.total} ({parts})")
            for part, counted in step.counted.items() if options.names else ():
                print(f"  {part}: " + ", ".join(f"{number} {name}" for name, number in counted.names.most_common()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
