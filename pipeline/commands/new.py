"""`python -m pipeline new network FILE`: a starting file for a network of your own, which trains as it is."""

import argparse
import shlex
from importlib.resources import files

from pipeline.core.errors import UserError
from pipeline.core.files import path_of, write_text

# What can be begun: the template beside pipeline/own, and the key and name by which a recipe takes it.
KINDS = {"network": ("template.py", "model.name", "Net")}


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline new", description=__doc__)
    parser.add_argument("kind", choices=tuple(KINDS), help="what to begin")
    parser.add_argument("file", type=path_of, metavar="FILE", help="the Python file to write, such as mynet.py")
    return parser


def main(arguments: list[str]) -> int:
    """Write the file and say the next command; raises UserError if it is there already or is not a Python file."""
    options = parser().parse_args(arguments)
    template, key, name = KINDS[options.kind]
    path = options.file
    if path.suffix != ".py":
        raise UserError(f"{path} does not end in .py; write python -m pipeline new {options.kind} mynet.py")
    if path.exists() or path.is_symlink():
        raise UserError(f"{path} already exists; choose another name, or move it away")
    write_text(path, files("pipeline.own").joinpath(template).read_text(encoding="utf-8"))
    place = path if path.is_absolute() else f"./{path}"
    part = shlex.quote(f"{place}:{name}")
    print(f"wrote {path}: class {name}")
    print(f"train it: python -m pipeline train --config configs/own.yaml --{key} {part}")
    print(f"find a learning rate first: python -m pipeline find-lr --config configs/own.yaml --{key} {part}")
    return 0
