"""`python -m pipeline train`: one run from images to submission.csv."""

from pathlib import Path

from pipeline.core.errors import UserError


def parser():
    """A recipe's keys, the run to resume, and the recipe's name."""
    from pipeline.config import recipe_parser

    parser = recipe_parser()
    parser.add_argument("--resume", metavar="RUN", help="resume this run, with its own recipe")
    parser.add_argument("--name", metavar="NAME", help="the recipe's name in runs/; by default the config's file name")
    return parser


def main(arguments: list[str]) -> int:
    """Parse, train (or go on with --resume RUN), predict, draw, and say what to do next."""
    from pipeline.core.runtime import set_up

    set_up()
    from pipeline.config import parse
    from pipeline.runs import session

    if {"-h", "--help"} & set(arguments):
        parser().print_help()
        return 0
    namespace, recipe = parse(parser(), arguments)
    if namespace.resume:
        if len(arguments) > 1 + ("=" not in arguments[0]):
            raise UserError("--resume takes the run's own recipe; leave the other options out, or start a new run")
        return session.resume(Path(namespace.resume))
    configs = namespace.config or []
    name = namespace.name or (Path(str(configs[-1])).stem if configs else "default")
    return session.run(recipe, name)
