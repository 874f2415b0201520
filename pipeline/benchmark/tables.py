"""The report of `python -m pipeline benchmark`, a table for each part."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.table import Table

from pipeline.benchmark.augmentation import augmentation_rates
from pipeline.benchmark.history import times_to_accuracy
from pipeline.benchmark.lightning import overhead
from pipeline.benchmark.networks import BASELINE, training_rates
from pipeline.benchmark.peer import Contender
from pipeline.benchmark.prediction import BATCHES, prediction_rates
from pipeline.benchmark.printing import measured_table, new_table
from pipeline.core import hardware
from pipeline.models.settings import ModelConfig, WhitenedConfig


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    batch: int
    repeats: int
    images: int
    """Of the augmentation."""
    steps: int
    """Of a Lightning loop."""
    rounds: int
    predicted: int
    """Images per batch of the prediction."""


QUICK = {"cpu": Size(64, 3, 1000, 12, 3, 200), "cuda": Size(500, 5, 10_000, 60, 3, 1000)}
FULL = {"cpu": Size(256, 5, 5000, 24, 5, 1000), "cuda": Size(2000, 15, 50_000, 200, 5, 5000)}
# Steps of the loop whose step is nearly nothing, for one of the real loop.
TINY_STEPS = 8


def tables(recipe, device, size: Size) -> Iterator:
    """The parts of the report that are measured, each as soon as it is."""
    half = hardware.half_type(device)
    dtypes = [torch.float32, half] if half else [torch.float32]
    for dtype in dtypes:
        yield training_table(recipe, device, dtype, size)
    yield augmentation_table(device, size)
    yield lightning_table(recipe, device, size)
    yield prediction_table(recipe, device, half, size)


def peer_table(name: str, contenders: Sequence[Contender]) -> Table:
    """The recipe's resolutions and its whole run beside the peer's, which is the last contender."""
    *ours, peer = contenders
    title = f"{name} beside {Path(peer.name).name}: a step of each in turn, {len(peer.seconds)} rounds"
    table = new_table(title, "", "steps", "least", "median", "CPU time, least", "ms per step; runs by the same")
    for each in contenders:
        steps = (min(each.seconds), statistics.median(each.seconds), min(each.processor))
        runs = f"{each.fastest_seconds:,.0f} s, {each.median_seconds:,.0f} s, {each.cpu_seconds:,.0f} s"
        table.add_row(Path(each.name).name, str(each.steps), *(f"{1000 * step:,.0f}" for step in steps), runs)
    kinds = ("fastest_seconds", "median_seconds", "cpu_seconds")
    whole = [sum(getattr(each, kind) for each in ours) for kind in kinds]
    ratios = [one / getattr(peer, kind) for one, kind in zip(whole, kinds, strict=True)]
    seconds = ", ".join(f"{one:,.0f} s" for one in whole)
    table.add_row(f"{name}, whole run", str(sum(each.steps for each in ours)), "", "", "", seconds)
    table.add_row("of the peer's time", "", *(f"{ratio:.2f} x" for ratio in ratios), "")
    return table


def training_table(recipe, device, dtype, size: Size):
    """Forward and backward of the recipe's network at each of its resolutions, and of ResNet-18."""
    pixels = sorted({stage.size for stage in recipe.augment.resolutions} | {32})
    networks = [*((recipe.model, side) for side in pixels), (BASELINE, 32)]
    rates, ceiling = training_rates(networks, device, dtype, size.batch, size.repeats)
    name = str(dtype).removeprefix("torch.")
    title = f"Training, {name}, batch {size.batch}: convolution ceiling {ceiling / 1e9:,.0f} GFLOP/s"
    table = new_table(title, "network", "pixels", "MFLOP/image", "img/s", "share of ceiling")
    for rate in rates:
        share = f"{rate.flops_per_second / ceiling:.0%}"
        million = f"{rate.flops_per_image / 1e6:,.0f}"
        table.add_row(rate.name, str(rate.pixels), million, f"{rate.images_per_second:,.0f}", share)
    return table


def augmentation_table(device, size: Size):
    """Both engines."""
    rates = augmentation_rates(device, size.images, size.repeats)
    table = new_table("Augmentation: flip, pad, crop, normalise, cutout", "engine", "img/s", "ratio")
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / rates['albumentations']:.1f}")
    return table


def lightning_table(recipe, device, size: Size):
    """The Trainer against a bare loop, on a step so small that only the difference shows, and on the recipe's."""
    kind = "cpu" if device.type == "cpu" else "gpu"
    real = replace(recipe, train=replace(recipe.train, batch_size=size.batch, device=kind))
    tiny = replace(real, model=ModelConfig(whitened=WhitenedConfig(widths=(8, 8, 8))))
    tiny = replace(tiny, train=replace(tiny.train, batch_size=20, precision="fp32"))
    title = "Lightning against a bare loop of the same steps, two epochs, in turn"
    contenders = (
        ("tiny network, batch 20", tiny, size.steps * TINY_STEPS),
        (f"the recipe's, batch {size.batch}", real, size.steps),
    )
    costs = ((name, overhead(each, steps, size.rounds)) for name, each, steps in contenders)
    rows = ((name, f"{1000 * cost.bare:.2f}", f"{1000 * cost.lightning:.2f}", str(cost)) for name, cost in costs)
    return measured_table(title, ("step", "bare ms", "Lightning ms", "overhead"), rows, len(contenders))


def prediction_table(recipe, device, half: torch.dtype | None, size: Size):
    """Prediction into a file against the bare forward pass."""
    forward, rates = prediction_rates(recipe.model, device, half, size.predicted, size.repeats)
    title = (
        f"Prediction, {recipe.model.name}, {str(half or torch.float32).removeprefix('torch.')}, batch {size.predicted}"
    )
    table = new_table(title, "", "images", "img/s", "passes/s", "of the forward rate")
    table.add_row("forward pass alone", f"{size.predicted:,}", f"{forward:,.0f}", f"{forward:,.0f}", "100%")
    for views, rate in rates.items():
        name, count = f"file to file, {views} view{'s' * (views > 1)}", f"{size.predicted * BATCHES[views]:,}"
        table.add_row(name, count, f"{rate:,.0f}", f"{views * rate:,.0f}", f"{views * rate / forward:.0%}")
    return table


def history_table(runs: Path):
    """Time to accuracy of the runs that lie here."""
    table = new_table(f"Time to validation accuracy, of finished runs in {runs}", "recipe", "reached", "seconds", "n")
    for recipe, data, threshold, seconds, count in times_to_accuracy(runs):
        table.add_row(f"{recipe} ({data})", f"{threshold:.0%}", f"{seconds:,.0f}", str(count))
    if not table.row_count:
        table.caption = "none: no run here held images out and came so far; --train trains the recipe once for it"
    return table
