"""`python -m pipeline predict RUN... --out submission.csv`: one run's prediction, or the mean of several."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.core.files import path_of


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline predict", description=__doc__)
    parser.add_argument("runs", nargs="+", type=path_of, metavar="RUN", help="run folders; several are averaged")
    parser.add_argument("--out", type=path_of, default=Path("submission.csv"), help="the CSV to write")
    parser.add_argument("--probabilities", type=path_of, metavar="CSV", help="also write every class's probability")
    parser.add_argument("--views", type=int, choices=(1, 2, 6, 18), help="test-time views; by default the recipe's")
    parser.add_argument(
        "--margin",
        type=float,
        help="only images whose two best classes are closer than this get more than two views; 0 to 1",
    )
    parser.add_argument("--trust", action="store_true", help="run code that came with a run folder from somebody else")
    parser.add_argument("--doubt", action=RenamedMargin, type=float, help=argparse.SUPPRESS)
    parser.add_argument(
        "--checkpoint", choices=("best", "last"), help="which checkpoint predicts; by default the recipe's"
    )
    return parser


class RenamedMargin(argparse.Action):
    """`--doubt`, the name of --margin in older versions."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        print("note: --doubt is called --margin now", file=sys.stderr)
        namespace.margin = values


def main(arguments: list[str]) -> int:
    """Predict the test set and write the CSV; return the exit code."""
    options = parser().parse_args(arguments)
    from pipeline.core.runtime import set_up

    set_up()
    from pipeline.core.images import result_prefix
    from pipeline.prediction.submission import write_probabilities, write_submission
    from pipeline.runs import folder as runs
    from pipeline.runs.predictions import mean_probabilities, test_images

    places = [folder.resolve() for folder in options.runs]
    for folder, place in zip(options.runs, places, strict=True):
        if places.count(place) > 1:
            raise UserError(f"{folder} is named twice; name each run once")
    recipes = [with_options(runs.open_run(folder, trust=options.trust), options) for folder in options.runs]
    for folder in options.runs:
        if runs.read_summary(folder) is None:
            print(f"note: {folder} is not finished; its last checkpoint predicts", file=sys.stderr)
    dataset = test_images(options.runs, recipes[0])
    table = mean_probabilities(options.runs, recipes, dataset)
    write_submission(options.out, dataset.test_ids, table, dataset.classes)
    if options.probabilities:
        write_probabilities(options.probabilities, dataset.test_ids, table, dataset.classes)
    many = f"mean of {len(recipes)} run{'s' * (len(recipes) > 1)}"
    print(f"{result_prefix(dataset.name)}wrote {options.out} ({len(table):,} rows, {many})")
    return 0


def with_options(recipe, options):
    """The recipe with the views, margin and checkpoint that were given on the command line."""
    asked = {name: getattr(options, name) for name in ("views", "margin", "checkpoint")}
    try:
        changed = replace(recipe.predict, **{name: value for name, value in asked.items() if value is not None})
    except ValueError as error:
        raise UserError(str(error).replace("predict.", "--", 1)) from error
    return replace(recipe, predict=changed)
