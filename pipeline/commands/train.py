"""`python -m pipeline train`: one run from images to submission.csv."""

import functools
from pathlib import Path

from pipeline.commands import recipe_help
from pipeline.core.errors import UserError
from pipeline.core.files import path_of

OPTIONS = {
    "--resume RUN": "resume this run, with its own recipe; a longer --train.length trains it further",
    "--trust": "with --resume: run code that came with a run folder from somebody else",
    "--name NAME": "the recipe's name in runs/; by default the config's file name",
}


@functools.cache
def parser():
    """A parser of a recipe's keys and the options of this command."""
    from pipeline.config import recipe_parser

    parser = recipe_parser()
    for option, meaning in OPTIONS.items():
        flag, _, metavar = option.partition(" ")
        takes = {"metavar": metavar} if metavar else {"action": "store_true"}
        parser.add_argument(flag, help=meaning, **takes)
    return parser


def main(arguments: list[str]) -> int:
    """Parse, train (or resume with --resume RUN), predict, draw, and say what to do next."""
    text = "Train a network and write its submission CSV."
    parsed = recipe_help.parse_or_help("python -m pipeline train", text, OPTIONS, parser, arguments)
    if parsed is None:
        return 0
    namespace, recipe = parsed
    # Imported here, as torch and Lightning take seconds to load: mistakes in the recipe are reported first.
    from pipeline.runs import session

    if namespace.resume:
        flags = {word.partition("=")[0] for word in arguments if word.startswith("--")}
        if others := sorted(flags - {"--resume", "--trust", "--train.length"}):
            raise UserError(f"--resume takes the run's own recipe; leave {', '.join(others)} out, or start a new run")
        length = recipe.train.length if "--train.length" in flags else None
        return session.resume(path_of(namespace.resume), trust=namespace.trust, length=length)
    configs = namespace.config or []
    name = namespace.name or (Path(str(configs[-1])).stem if configs else "default")
    return session.run(recipe, name)
