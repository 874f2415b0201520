"""Checks before a run folder is created: settings that do not suit the images or this machine."""

from dataclasses import replace
from difflib import get_close_matches

import torch
from pytorch_lightning.strategies import StrategyRegistry

from pipeline.core import duration
from pipeline.core.errors import UserError
from pipeline.core.files import path_of
from pipeline.core.images import Dataset
from pipeline.data.splits import Split
from pipeline.models import registry
from pipeline.own import parts
from pipeline.training.devices import accelerator, device_of, half_type
from pipeline.training.first_look import check_own_network
from pipeline.training.recipe import Recipe
from pipeline.training.settings import TrainConfig, lengths

# Muon's SGD rates above this suit only `whitened`.
LARGEST_RATE = 5.0


def check(recipe: Recipe, dataset: Dataset, split: Split) -> None:
    """Raise UserError, before anything is written, for settings that do not suit the images or this machine."""
    check_devices(recipe.train)
    check_kernels(recipe.train)
    registry.check_name(recipe.model.name)
    run = lengths(recipe.train, len(split.training))
    if recipe.log.gradients_every and not recipe.model.name.startswith("sequence_"):
        raise UserError(
            f"log.gradients_every watches recurrent networks; model.name is {recipe.model.name!r}: set it to 0"
        )
    if recipe.log.gradients_every and device_of(recipe.train).type == "mps":
        raise UserError("log.gradients_every needs float64, which MPS lacks; set it to 0, or train.device to cpu")
    side = dataset.train_images.shape[1]
    for stage in recipe.augment.resolutions:
        if stage.by == "crop" and stage.size > side:
            raise UserError(f"augment.resolutions crops {stage.size} pixels of images of {side}; allowed: up to {side}")
    if parts.is_own(recipe.model.name):
        check_own_network(recipe, input_sizes(recipe, side), len(dataset.classes))
    else:
        check_sizes(recipe, side)
    check_rates(recipe)
    check_lookahead(recipe, run)
    check_averaging(recipe, run)
    check_selection(recipe, run)
    check_sharpness(recipe)


def check_devices(config: TrainConfig) -> None:
    """Raise UserError for more devices than there are, or a strategy that Lightning does not know."""
    if accelerator(config) == "gpu":
        found = torch.cuda.device_count() if torch.cuda.is_available() else 1
        if device_of(config).type == "mps" and config.precision in ("bf16", "fp16"):
            raise UserError(
                f"train.precision is {config.precision!r}, which is not tested on MPS: use fp32, or train.device cpu"
            )
        if config.devices > found:
            raise UserError(f"train.devices is {config.devices}; this machine has {found}")
    known = StrategyRegistry.available_strategies()
    if config.strategy not in ("auto", *known):
        near = get_close_matches(config.strategy, known, n=3, cutoff=0.3)
        raise UserError(f"train.strategy is {config.strategy!r}; Lightning knows auto, {', '.join(near or known)}")


def check_kernels(config: TrainConfig) -> None:
    """Raise UserError for a file of kernels that does not exist."""
    if config.kernels not in ("auto", "torch") and not path_of(config.kernels).is_file():
        raise UserError(f"train.kernels is {config.kernels!r}; allowed: auto, torch, or a file such as kernels.json")


def check_sizes(recipe: Recipe, side: int) -> None:
    """Raise UserError if the network cannot take images of the recipe's sizes, which most transformers cannot."""
    sizes = input_sizes(recipe, side)
    timm = replace(recipe.model.timm, pretrained=False, weights=None)
    network = registry.build(replace(recipe.model, timm=timm)).eval()
    for what, size in sizes:
        try:
            with torch.no_grad():
                network(torch.zeros(1, 3, size, size))
        except (AssertionError, RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            fix = "leave it out" if "." in what else "choose another network, or a larger model.timm.image_size"
            raise UserError(
                f"{what} {size} pixels, which {recipe.model.name} does not take ({reason}); {fix}"
            ) from error


def input_sizes(recipe: Recipe, side: int) -> list[tuple[str, int]]:
    """Pairs of where an image size comes from and its pixels per side, for all sizes that the network gets."""
    sizes = [("the images have", side)]
    sizes += [("augment.resolutions has", stage.size) for stage in recipe.augment.resolutions]
    if recipe.selection.on and recipe.selection.proxy == "self" and recipe.selection.resolution:
        sizes.append(("selection.resolution has", recipe.selection.resolution))
    return sizes


def check_rates(recipe: Recipe) -> None:
    """Raise UserError for another network with the rates of `whitened`, whose logits are divided by its width."""
    optim, name = recipe.optim, recipe.model.name
    if name == "whitened" or optim.kind != "muon" or (optim.head_lr <= LARGEST_RATE and optim.bias_lr <= LARGEST_RATE):
        return
    raise UserError(
        f"optim.head_lr {optim.head_lr:g} and optim.bias_lr {optim.bias_lr:g} are the rates of model.name whitened; "
        f"with {name} the loss would grow without bound: use --config configs/own.yaml --model.name {name}"
    )


def check_lookahead(recipe: Recipe, run: duration.Run) -> None:
    """Raise UserError for a Lookahead whose first update would come after the run."""
    if recipe.lookahead.every > run.total_steps:
        raise UserError(
            f"lookahead.every is {recipe.lookahead.every}, but the run has {run.total_steps} steps; "
            "allowed: up to that, or 0 (off)"
        )


def check_averaging(recipe: Recipe, run: duration.Run) -> None:
    """Raise UserError for an average that would start after the run."""
    start = duration.steps(recipe.averaging.start, run)
    if recipe.averaging.kind != "none" and start >= run.total_steps:
        raise UserError(
            f"averaging.start is {recipe.averaging.start!r}, step {start}, but the run has {run.total_steps} steps; "
            "set it earlier, or averaging.kind none"
        )


def check_selection(recipe: Recipe, run: duration.Run) -> None:
    """Raise UserError for a selection that would be active in no step of the run."""
    config = recipe.selection
    if config.on and duration.steps(config.start, run) >= min(duration.steps(config.until, run), run.total_steps):
        raise UserError(
            f"selection.start is {config.start!r}, selection.until {config.until!r}: no step of the run lies between; "
            "set start earlier or until later"
        )


def check_sharpness(recipe: Recipe) -> None:
    """Raise UserError for sharpness-aware steps together with another way to compute a step's gradient."""
    beside = {
        "train.accumulate above 1": recipe.train.accumulate > 1,
        "selection.share below 1": recipe.selection.on,
        "train.precision fp16": half_type(recipe.train) is torch.float16,
    }
    found = [name for name, there in beside.items() if there]
    if recipe.sharpness.kind != "none" and found:
        raise UserError(
            f"sharpness.kind is {recipe.sharpness.kind!r}, which cannot be combined with {found[0]}: set it to none"
        )
