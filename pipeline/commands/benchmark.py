"""`python -m pipeline benchmark`: what training and prediction cost on this machine, compared with what it can do."""

import argparse
from dataclasses import replace
from pathlib import Path

from pipeline.core.files import path_of

DEFAULT = Path("configs/fast.yaml")


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline benchmark", description=__doc__)
    parser.add_argument("--config", type=path_of, metavar="FILE", help=f"the recipe to measure; by default {DEFAULT}")
    parser.add_argument(
        "--quick", action="store_true", help="smaller batches, fewer rounds: about a minute on two cores"
    )
    parser.add_argument(
        "--train", action="store_true", help="also train the recipe, to measure its time to each accuracy"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="auto: a GPU if there is one")
    parser.add_argument("--runs", type=path_of, default=Path("runs"), metavar="DIR", help="runs whose times are shown")
    parser.add_argument(
        "--peer",
        nargs="+",
        metavar="WORD",
        help="instead: time steps of the recipe and of this training script, in turn",
    )
    parser.add_argument("--peer-steps", type=int, metavar="N", help="optimizer steps of the script's whole run")
    return parser


def main(arguments: list[str]) -> int:
    """Measure and print, one table at a time; return the exit code."""
    options = parser().parse_args(arguments)
    from pipeline.core.runtime import set_up

    set_up()
    import torch

    from pipeline.benchmark import machine, printing, tables
    from pipeline.core import hardware
    from pipeline.runs import session
    from pipeline.training.devices import device_of
    from pipeline.training.settings import TrainConfig

    recipe, name = recipe_to_measure(options.config)
    if options.peer:
        return compare_with_peer(recipe, name, options.peer, options.peer_steps)
    device = device_of(TrainConfig(device=options.device))
    size = (tables.QUICK if options.quick else tables.FULL).get(device.type, tables.QUICK["cuda"])
    console, about = printing.console(), hardware.describe()
    where = about["gpu"] if device.type == "cuda" else f"{about['cpu']}, {torch.get_num_threads()} threads"
    console.print(f"{where}; torch {about['torch']}; recipe {name}; medians over rounds in which all take turns")
    whole, before = machine.LoadWatch(), machine.measure_load()
    console.print(str(before), style="bold red" if before.busy else None)
    watch = machine.LoadWatch()
    for table in tables.tables(recipe, device, size):
        others = watch.others()
        if before.busy or others > machine.BUSY_OTHERS:
            table.caption = (
                f"BUSY MACHINE: only ratios mean something (others used {others:.0%} of the cores meanwhile)"
            )
        console.print(table)
        watch = machine.LoadWatch()
    after = replace(machine.measure_load(), others=whole.others())
    console.print(f"from start to end: {after}", style="bold red" if after.busy else None)
    code = session.run(with_validation(recipe, options.runs), name) if options.train else 0
    console.print(tables.history_table(options.runs))
    return code


def recipe_to_measure(config: Path | None) -> tuple:
    """The recipe to measure and its name; the built-in one if there is no configs/ here."""
    from pipeline.config import read_recipe
    from pipeline.training.recipe import Recipe

    if config is None and not DEFAULT.is_file():
        return Recipe(), "built in"
    path = config or DEFAULT
    return read_recipe(path), path.stem


def compare_with_peer(recipe, name: str, peer: list[str], steps: int | None) -> int:
    """Time steps of the recipe and of a peer's script in turn, print both runs' times and ratio.

    Return the exit code.
    """
    from pipeline.benchmark.peer import side_by_side
    from pipeline.benchmark.printing import console
    from pipeline.benchmark.tables import peer_table
    from pipeline.core.errors import UserError
    from pipeline.data import sources

    if not steps or steps < 1:
        raise UserError("--peer needs --peer-steps N, the optimizer steps of the script's whole run, 1 or more")
    dataset = sources.load(recipe.data)
    training = recipe.data.split(dataset.train_labels).training
    console().print(peer_table(name, side_by_side(recipe, len(training), peer, steps)))
    return 0


def with_validation(recipe, runs: Path):
    """The recipe with held-out images, so that each epoch reports its accuracy, and with this folder of runs."""
    return replace(
        recipe,
        data=replace(recipe.data, validation=5000),
        log=replace(recipe.log, runs=str(runs)),
    )
