"""`python -m pipeline train`: one run from images to submission.csv."""

from pathlib import Path

from pipeline.commands import recipe_help
from pipeline.core.errors import UserError

OPTIONS = {
    "--resume RUN": "resume this run, with its own recipe",
    "--name NAME": "the recipe's name in runs/; by default the config's file name",
}


def parser():
    """A recipe's keys, the run to resume, and the recipe's name."""
    from pipeline.config import recipe_parser

    parser = recipe_parser()
    for option, meaning in OPTIONS.items():
        flag, metavar = option.split()
        parser.add_argument(flag, metavar=metavar, help=meaning)
    return parser


def main(arguments: list[str]) -> int:
    """Parse, train (or go on with --resume RUN), predict, draw, and say what to do next."""
    asked = recipe_help.wanted(arguments)
    if asked == "":
        print(recipe_help.short("python -m pipeline train", "Train a network and write its submission CSV.", OPTIONS))
        return 0
    from pipeline.core.runtime import set_up

    set_up()
    from pipeline.config import parse
    from pipeline.runs import session

    if asked:
        recipe_help.print_help(parser(), asked)
        return 0
    namespace, recipe = parse(parser(), arguments)
    if namespace.resume:
        if len(arguments) > 1 + ("=" not in arguments[0]):
            raise UserError("--resume takes the run's own recipe; leave the other options out, or start a new run")
        return session.resume(Path(namespace.resume))
    configs = namespace.config or []
    name = namespace.name or (Path(str(configs[-1])).stem if configs else "default")
    return session.run(recipe, name)
