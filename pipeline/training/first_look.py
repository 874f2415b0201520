"""Try a participant's own network on a few images before training, to report early what would fail later."""

import sys

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.errors import UserError
from pipeline.models import registry
from pipeline.training.recipe import Recipe

IMAGES = 4


def check_own_network(recipe: Recipe, sizes: list[tuple[str, int]], classes: int) -> None:
    """Refuse a network that fails on the recipe's image sizes or returns another shape; print notes on what is unusual.

    `sizes`: pairs of where a size comes from and its pixels per side; the images' own size first.

    Raises UserError for an error in the forward pass, another shape than N x classes, or nothing to train. A line on
    stderr for parameters without gradient, and for weights or outputs that a seed does not repeat.
    """
    name, side = recipe.model.name, sizes[0][1]
    network = _seeded(recipe, classes)
    for what, size in dict.fromkeys(sizes):
        _forward(network, size, classes, f"{name}: {what} {size} pixels")
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise UserError(f"{name} has no trainable parameters; register its layers as attributes")
    for line in (*_without_gradient(network, side), *_not_repeated(recipe, side, classes)):
        print(f"note: {name} {line}", file=sys.stderr)


def _seeded(recipe: Recipe, classes: int) -> nn.Module:
    torch.manual_seed(recipe.seed)
    return registry.build(recipe.model, classes)


def _images(size: int) -> Tensor:
    return torch.randn(IMAGES, 3, size, size, generator=torch.Generator().manual_seed(0))


def _forward(network: nn.Module, size: int, classes: int, where: str) -> Tensor:
    try:
        logits = network(_images(size))
    except Exception as error:  # anything that somebody's code may raise
        reason = " ".join(str(error).split())
        raise UserError(f"{where}: its forward pass raised {type(error).__name__}: {reason}") from error
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if shape != (IMAGES, classes):
        raise UserError(f"{where}: {IMAGES} images gave {shape}; expected logits of shape ({IMAGES}, {classes})")
    return logits


def _without_gradient(network: nn.Module, side: int) -> list[str]:
    network.zero_grad(set_to_none=True)
    F.cross_entropy(network(_images(side)).float(), torch.arange(IMAGES) % 2).backward()
    unused = [n for n, p in network.named_parameters() if p.requires_grad and p.grad is None]
    return (
        [f"has {len(unused)} parameters that get no gradient, such as {unused[0]}: they are never trained"]
        if unused
        else []
    )


def _not_repeated(recipe: Recipe, side: int, classes: int) -> list[str]:
    """How two networks from the same seed differ, as lines for the user."""
    first, second = _seeded(recipe, classes).eval(), _seeded(recipe, classes).eval()
    pairs = zip(first.state_dict().items(), second.state_dict().values(), strict=True)
    if odd := [n for n, value, other in ((n, v, o) for (n, v), o in pairs) if not torch.equal(value, other)]:
        return [
            f"starts from different weights each time ({odd[0]}) despite the seed: draw them with torch's generator"
        ]
    with torch.no_grad():
        same = torch.equal(first(_images(side)), second(_images(side)))
    return [] if same else ["gives different outputs each time in evaluation mode: predictions will not be repeatable"]
