"""`python -m pipeline sweep`: train a recipe with several seeds, folds or settings, and combine the results."""

import functools
from dataclasses import replace
from pathlib import Path

from pipeline.commands import recipe_help
from pipeline.core.errors import UserError
from pipeline.core.files import path_of

OPTIONS = {
    "--seeds N": "train N seeds, from the recipe's seed upward",
    "--folds N": "train N times, each time with a different N-th of the images held out",
    "--trials N": "search for the best settings in N runs, by validation accuracy",
    "--search FILE": "with --trials: the settings and their ranges",
    "--name NAME": "the recipe's name in runs/; by default the config's file name",
    "--resume": "resume the newest sweep that the same command started",
    "--with SWEEP": "finished sweeps to include in the ensemble; several may be named",
    "--score": "show accuracies on the test set, in the table only",
    "--competition DIR": "with --score: another competition than the practice one in ./practice",
}

KINDS = ("seeds", "folds", "trials")


def main(arguments: list[str]) -> int:
    """Train the members that are not trained yet, then compare, ensemble and maybe score; return the exit code."""
    text = "Train several seeds, folds or settings."
    parsed = recipe_help.parse_or_help("python -m pipeline sweep", text, OPTIONS, parser, arguments)
    if parsed is None:
        return 0
    options, recipe = parsed
    kind, count = sweep_kind(options)
    if recipe.train.devices * recipe.train.nodes > 1:
        raise UserError("a sweep trains on one device; start several, each with a --seed of its own, to use more")
    # Imported here, as torch and Lightning take seconds to load: mistakes in the recipe are reported first.
    from pipeline.data import sources
    from pipeline.practice.board import folder_of
    from pipeline.sweeps.search import search
    from pipeline.sweeps.session import run_sweep

    dataset = sources.load(recipe.data)
    recipe = replace(recipe, data=sources.exact_config(recipe.data, dataset))
    name = options.name or Path(str((options.config or ["default"])[-1])).stem
    if kind == "trials":
        images = dataset.name
        del dataset  # each trial loads its own
        return search(recipe, name, count, path_of(options.search), images, resume=options.resume)
    given = path_of(options.competition) if options.competition else None
    competition = folder_of(dataset.name, given) if options.score else None
    others = [path_of(folder) for folder in options.others]
    return run_sweep(recipe, dataset, name, kind, count, resume=options.resume, others=others, competition=competition)


@functools.cache
def parser():
    """A parser of a recipe's keys and the options of the sweep."""
    from pipeline.config import recipe_parser

    parser = recipe_parser()
    parser.prog = "python -m pipeline sweep"
    details = {
        "--seeds": {"type": int}, "--folds": {"type": int}, "--trials": {"type": int},
        "--resume": {"action": "store_true"}, "--score": {"action": "store_true"},
        "--search": {"default": "configs/search.yaml"},
        "--with": {"dest": "others", "nargs": "*", "default": []}, "--competition": {},
    }  # fmt: skip
    for option, meaning in OPTIONS.items():
        flag, *metavar = option.split()
        parser.add_argument(flag, help=meaning, **({"metavar": metavar[0]} if metavar else {}), **details.get(flag, {}))
    return parser


def sweep_kind(options) -> tuple[str, int]:
    """Which of --seeds, --folds and --trials was given, and its number."""
    given = [(kind, number) for kind in KINDS if (number := getattr(options, kind)) is not None]
    if len(given) != 1:
        raise UserError(f"give one of --seeds N, --folds N and --trials N; given: {len(given)}")
    kind, count = given[0]
    least = 2 if kind == "folds" else 1
    if count < least:
        raise UserError(f"--{kind} is {count}; allowed: {least} or more")
    return kind, count
