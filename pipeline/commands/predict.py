"""`python -m pipeline predict RUN... --out submission.csv`: one run's prediction, or the mean of several."""

import argparse
import sys
from pathlib import Path

from pipeline.errors import UserError


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline predict", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders; several are averaged")
    parser.add_argument("--out", type=Path, default=Path("submission.csv"), help="the CSV to write (%(default)s)")
    parser.add_argument("--probabilities", type=Path, metavar="CSV", help="also write every class's probability")
    parser.add_argument("--views", type=int, choices=(1, 2, 6, 18), help="test-time views; by default the recipe's")
    parser.add_argument("--doubt", type=float, help="only images this close to call see more than two views; 0 to 1")
    parser.add_argument("--checkpoint", choices=("best", "last"), help="by default the recipe's")
    return parser


def main(arguments: list[str]) -> int:
    """Predict the test set and write the CSV; the exit code."""
    options = parser().parse_args(arguments)
    from pipeline.runtime import prepare

    prepare()
    from pipeline import runs
    from pipeline.data import sources
    from pipeline.predict import write_probabilities, write_submission

    places = [folder.resolve() for folder in options.runs]
    for folder, place in zip(options.runs, places, strict=True):
        if places.count(place) > 1:
            raise UserError(f"{folder} is named twice; name each run once")
    recipes = [chosen(runs.open_run(folder), options) for folder in options.runs]
    for folder in options.runs:
        if trained_on(folder) is None:
            print(f"note: {folder} is not finished; its last checkpoint predicts", file=sys.stderr)
    dataset = sources.load(recipes[0].data)
    print(f"data: {dataset.origin}")
    names = {name for name in map(trained_on, options.runs) if name} | {dataset.name}
    if len(names) > 1:
        raise UserError(f"these are of different sources: {', '.join(sorted(names))}; set DATA_DIR to the runs' data")
    table = mean_probabilities(options.runs, recipes, dataset)
    write_submission(options.out, dataset.test_ids, table, dataset.classes)
    if options.probabilities:
        write_probabilities(options.probabilities, dataset.test_ids, table, dataset.classes)
    mark = "STAND-IN DATA, not CIFAR-10: " if dataset.name == "stand-in" else ""
    print(f"{mark}wrote {options.out} ({len(table):,} rows, mean of {len(recipes)} run{'s' * (len(recipes) > 1)})")
    return 0


def chosen(recipe, options):
    """The recipe with the command's views, doubt and checkpoint."""
    from dataclasses import replace

    asked = {name: getattr(options, name) for name in ("views", "doubt", "checkpoint")}
    try:
        changed = replace(recipe.predict, **{name: value for name, value in asked.items() if value is not None})
    except ValueError as error:
        raise UserError(str(error).replace("predict.", "--", 1)) from error
    return replace(recipe, predict=changed)


def trained_on(folder: Path) -> str | None:
    """The name of the source that a finished run was trained on."""
    from pipeline.runs import read_summary

    return (read_summary(folder) or {}).get("data")


def mean_probabilities(folders: list[Path], recipes: list, dataset):
    """The runs' mean class probabilities, float32 M x classes."""
    from pipeline.commands.train import predict_test

    total = 0
    for folder, recipe in zip(folders, recipes, strict=True):
        total = total + predict_test(folder, recipe, dataset, f"predicting {folder.name}")
    return total / len(folders)
