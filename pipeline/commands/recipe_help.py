"""The command line of commands that take a recipe, and their help: it imports torch only to parse a recipe."""

from collections.abc import Callable

# One line per part of a recipe; a test compares the names with the recipe itself.
PARTS = {
    "seed": "seed of initial weights, order, augmentation and dropout",
    "data": "where the images come from, and which are held out",
    "augment": "augmentation of training images: flip, translation, cutout, mixup, resolution",
    "model": "the network and its options",
    "loss": "the loss, such as label smoothing",
    "optim": "optimizer, learning rates, schedule, weight decay",
    "selection": "training on the hardest examples of each batch",
    "sharpness": "sharpness-aware steps (SAM)",
    "lookahead": "Lookahead: slow weights that follow the trained ones",
    "averaging": "the average of weights over training steps",
    "train": "length, batch size, precision, devices",
    "checkpoint": "when checkpoints are written",
    "predict": "views of a test image, which checkpoint, which margin",
    "log": "the folder of runs, Weights & Biases, gradient diagnostics",
}
FLAGS = {"-h", "--help"}


def parse_or_help(prog: str, text: str, options: dict[str, str], parser: Callable, arguments: list[str]):
    """The options and the recipe of a command line; None if it asks for help, which is printed.

    `prog` is the command, `text` says what it does, and `parser` makes its parser.
    """
    asked = requested_part(arguments)
    if asked == "":
        print(short_help(prog, text, options))
        return None
    from pipeline.core.runtime import set_up

    set_up()
    from pipeline.config import parse

    if asked:
        print_help(parser(), asked)
        return None
    return parse(parser(), arguments)


def requested_part(arguments: list[str]) -> str | None:
    """The requested help: "" for the short one, "all", or a part such as "optim"; None if there is no request."""
    for position, word in enumerate(arguments):
        if word in FLAGS:
            following = arguments[position + 1] if position + 1 < len(arguments) else ""
            return following if following in ("all", *PARTS) else ""
        if word.startswith("--help="):
            return word.partition("=")[2]
    return None


def short_help(prog: str, text: str, options: dict[str, str]) -> str:
    """The help on one screen: the command's own options, then the parts of a recipe."""
    own = {"--config FILE": "a recipe, such as configs/fast.yaml; several are layered, later ones win", **options}
    width = max(len(word) for word in (*own, *PARTS)) + 2
    lines = [f"usage: {prog} [--config FILE ...] [--PART.KEY VALUE ...] [OPTIONS]", "", text, "", "options:"]
    lines += [f"  {flag:<{width}}{meaning}" for flag, meaning in own.items()]
    lines += ["", "parts of a recipe:", *(f"  {name:<{width}}{meaning}" for name, meaning in PARTS.items())]
    lines += ["", f"example: {prog} --config configs/fast.yaml --seed 1 --optim.lr 0.2 --train.length '12 epochs'"]
    lines += [f"{prog} --help optim    lists the keys of one part, with their meaning and default"]
    lines += [f"{prog} --help all      lists all keys"]
    return "\n".join(lines)


def print_help(parser, asked: str) -> None:
    """Print all options of the parser (`all`), or those of one part of a recipe."""
    from pipeline.core.errors import UserError

    if asked == "all":
        parser.print_help()
        return
    if asked not in PARTS:
        raise UserError(f"--help {asked}: a recipe has no such part; allowed: all, {', '.join(PARTS)}")
    own = part_parser(asked)
    own.prog = parser.prog
    own.print_help()


def part_parser(name: str):
    """A parser of one part of a recipe, such as `--optim.lr` and the other keys of optim."""
    import jsonargparse

    from pipeline.training.recipe import Recipe

    jsonargparse.set_parsing_settings(docstring_parse_attribute_docstrings=True)
    parser = jsonargparse.ArgumentParser(usage=f"%(prog)s [--{name}.KEY VALUE ...]")
    part = type(getattr(Recipe(), name))
    if part is int:
        parser.add_argument(f"--{name}", type=int, default=getattr(Recipe(), name), help=PARTS[name])
    else:
        parser.add_class_arguments(part, name)
    return parser
