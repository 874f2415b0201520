"""`python -m pipeline benchmark`: what training and prediction cost on this machine, against what it could do."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path


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


QUICK = {"cpu": Size(64, 3, 1000, 12, 3), "cuda": Size(500, 5, 10_000, 60, 3)}
FULL = {"cpu": Size(512, 7, 5000, 20, 5), "cuda": Size(2000, 15, 50_000, 200, 5)}


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller batches, fewer rounds: a minute on two cores")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="by default a GPU if any")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="runs to take times from")
    return parser


def main(arguments: list[str]) -> int:
    """Measure and print, a table at a time; the exit code."""
    options = parser().parse_args(arguments)
    from pipeline.runtime import prepare

    prepare()
    import torch
    from rich.console import Console

    from pipeline import hardware
    from pipeline.benchmark import machine
    from pipeline.train import TrainConfig, device_of

    load = machine.load_before()
    quiet = machine.Quiet(load, machine.processor_share())
    device = device_of(TrainConfig(device=options.device))
    size = (QUICK if options.quick else FULL).get(device.type, QUICK["cuda"])
    console, about = Console(soft_wrap=True), hardware.describe()
    where = about["gpu"] if device.type == "cuda" else f"{about['cpu']}, {torch.get_num_threads()} threads"
    console.print(f"{where}; torch {about['torch']}; medians of rounds in which all take turns", highlight=False)
    console.print(str(quiet), style="bold red" if quiet.busy else None, highlight=False)
    for table in tables(device, size, options.runs):
        table.caption = "BUSY MACHINE: only ratios mean something" if quiet.busy else None
        console.print(table)
    after = machine.Quiet(load, machine.processor_share())
    if after.busy:
        console.print(f"at the end: {after}", style="bold red", highlight=False)
    return 0


def tables(device, size: Size, runs: Path) -> Iterator:
    """The parts of the report, each as soon as it is measured."""
    import torch

    from pipeline import hardware

    dtypes = [torch.float32, torch.bfloat16] if hardware.bf16_is_fast(device) else [torch.float32]
    for dtype in dtypes:
        yield training_table(device, dtype, size)
    yield augmentation_table(device, size)
    yield lightning_table(device, size)
    yield inference_table(device, len(dtypes) > 1, size)
    yield history_table(runs)


def new_table(title: str, *headings: str):
    """A table whose first column is text and whose others are figures."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", caption_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table


def training_table(device, dtype, size: Size):
    """Forward and backward of the networks."""
    from pipeline.benchmark.networks import training_rates

    rates, ceiling = training_rates(device, dtype, size.batch, size.repeats)
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
    from pipeline.benchmark.augmentation import augmentation_rates

    rates = augmentation_rates(device, size.images, size.repeats)
    table = new_table("Augmentation: flip, pad, crop, normalise, cutout", "engine", "img/s", "ratio")
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / rates['albumentations']:.1f}")
    return table


def lightning_table(device, size: Size):
    """The Trainer against a bare loop, on a step so small that only the difference shows, and on a real one."""
    from pipeline.benchmark.lightning import overhead
    from pipeline.config import Recipe
    from pipeline.models.registry import ModelConfig
    from pipeline.models.whitened import WhitenedConfig

    recipe = Recipe()
    kind = "cpu" if device.type == "cpu" else "gpu"
    real = replace(recipe, train=replace(recipe.train, batch_size=size.batch, device=kind))
    tiny = replace(real, model=ModelConfig(whitened=WhitenedConfig(widths=(8, 8, 8))))
    tiny = replace(tiny, train=replace(tiny.train, batch_size=20, precision="fp32"))
    table = new_table("Lightning against a bare loop of the same step", "step", "bare ms", "Lightning ms", "overhead")
    for name, each in (("tiny network, batch 20", tiny), (f"whitened, batch {size.batch}", real)):
        cost = overhead(each, size.steps, size.rounds)
        extra = f"{1000 * (cost.lightning - cost.bare):+.2f} ms = {cost.share:+.1%}"
        table.add_row(name, f"{1000 * cost.bare:.2f}", f"{1000 * cost.lightning:.2f}", extra)
    return table


def inference_table(device, bf16: bool, size: Size):
    """Prediction into a file against the bare forward pass."""
    from pipeline.benchmark.inference import inference_rates

    forward, rates = inference_rates(device, bf16, size.batch, size.repeats)
    title = f"Prediction, whitened at 32 pixels, {'bfloat16' if bf16 else 'float32'}, batch {size.batch}"
    table = new_table(title, "", "img/s", "passes/s", "of the forward rate")
    table.add_row("forward pass alone", f"{forward:,.0f}", f"{forward:,.0f}", "100%")
    for views, rate in rates.items():
        share = f"{views * rate / forward:.0%}"
        table.add_row(f"file to file, {views} view{'s' * (views > 1)}", f"{rate:,.0f}", f"{views * rate:,.0f}", share)
    return table


def history_table(runs: Path):
    """Time to accuracy of the runs that lie here."""
    from pipeline.benchmark.history import times_to_accuracy

    table = new_table(f"Time to validation accuracy, of finished runs in {runs}", "recipe", "reached", "seconds", "n")
    for recipe, data, threshold, seconds, count in times_to_accuracy(runs):
        table.add_row(f"{recipe} ({data})", f"{threshold:.0%}", f"{seconds:,.0f}", str(count))
    return table
