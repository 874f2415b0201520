"""`python -m pipeline find-lr`: try rising learning rates on training images, draw the loss, suggest a rate."""

import functools
import shlex
import sys

from pipeline.commands import recipe_help
from pipeline.core.errors import UserError
from pipeline.core.files import path_of

OPTIONS = {
    "--steps N": "optimizer steps of the test; default 100",
    "--lowest RATE": "where optim.lr begins; default a thousandth of the recipe's",
    "--highest RATE": "where optim.lr ends if the loss does not diverge before; default a thousand times the recipe's",
    "--out PNG": "the plot to write; default find-lr.png",
}
TYPES = {"--steps": int, "--lowest": float, "--highest": float, "--out": str}
# Times above and below the recipe's rate.
REACH = 1000.0
# The rates that rise together, by the kind of the optimizer.
RATES = {"muon": ("lr", "bias_lr", "head_lr")}


@functools.cache
def parser():
    """A parser of a recipe's keys and the options of the test."""
    from pipeline.config import recipe_parser

    parser = recipe_parser()
    parser.prog = "python -m pipeline find-lr"
    for option, meaning in OPTIONS.items():
        flag, metavar = option.split()
        parser.add_argument(flag, metavar=metavar, type=TYPES[flag], help=meaning)
    return parser


def main(arguments: list[str]) -> int:
    """Run the test, write its plot, and print the command that trains with the suggested rate."""
    text = "Suggest a learning rate for a network."
    parsed = recipe_help.parse_or_help("python -m pipeline find-lr", text, OPTIONS, parser, arguments)
    if parsed is None:
        return 0
    options, recipe = parsed
    from pipeline.training.callbacks.stop import Stopped

    try:
        return suggest(options, recipe, arguments)
    except Stopped as stop:
        print(f"stopped by {stop}; nothing was written", file=sys.stderr)
        return stop.exit_code


def suggest(options, recipe, arguments: list[str]) -> int:
    """Load the images, test, draw and print the rate; the exit code."""
    from pipeline.data import sources
    from pipeline.runs import figures
    from pipeline.training.checks import check
    from pipeline.training.rate_range import rate_range

    factors = rate_factors(options, recipe.optim.lr)
    dataset = sources.load(recipe.data)
    print(f"data: {dataset.origin}")
    split = recipe.data.split(dataset.train_labels)
    check(recipe, dataset, split)
    found = rate_range(recipe, dataset, split, factors)
    out = path_of(options.out or "find-lr.png")
    figures.save(figures.rate_range(found, recipe.optim.lr, recipe.model.name), out)
    print(f"plot: {out} ({len(found.losses)} steps, on training images alone)")
    rates = suggested_rates(recipe.optim, float(found.factors[found.suggested]))
    least = recipe.optim.lr * found.factors[found.smoothed.argmin()]
    print(f"the loss fell by 80 % of its whole fall up to optim.lr {rates['--optim.lr']}, and was least at {least:.2g}")
    command = [*other_arguments(arguments, rates), *as_arguments(rates)]
    print(f"train with it: python -m pipeline train {shlex.join(command)}")
    return 0


def rate_factors(options, rate: float):
    """float64 N: the factors on the recipe's rates, evenly on a logarithmic scale.

    Raises UserError for an empty range.
    """
    import numpy as np

    steps = 100 if options.steps is None else options.steps
    lowest, highest = options.lowest or rate / REACH, options.highest or rate * REACH
    if steps < 20:
        raise UserError(f"--steps is {steps}; allowed: 20 or more, since a shorter test shows nothing")
    if not 0 < lowest < highest < float("inf"):
        raise UserError(f"--lowest is {lowest:g}, --highest {highest:g}; allowed: 0 < lowest < highest")
    return np.geomspace(lowest / rate, highest / rate, steps)


def suggested_rates(optim, factor: float) -> dict[str, str]:
    """Every rate that rose, by its flag, with two digits."""
    names = RATES.get(optim.kind, ("lr",))
    return {f"--optim.{name}": f"{getattr(optim, name) * factor:.2g}" for name in names}


def as_arguments(rates: dict[str, str]) -> list[str]:
    return [word for pair in rates.items() for word in pair]


def other_arguments(arguments: list[str], rates: dict[str, str]) -> list[str]:
    """The arguments as they were given, without the test's own and without the rates that are replaced."""
    dropped, kept, skip = {*TYPES, *rates}, [], False
    for word in arguments:
        flag, equals, _ = word.partition("=")
        if skip:
            skip = False
        elif flag in dropped:
            skip = not equals
        else:
            kept.append(word)
    return kept
