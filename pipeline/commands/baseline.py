"""`python -m pipeline baseline`: the submission of a linear classifier on pixels, the baseline of a leaderboard."""

import argparse

from pipeline.commands.source_options import add_source_options, source_config
from pipeline.core.files import path_of
from pipeline.data.registry import SOURCES


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline baseline",
        description="Write the submission CSV of the linear classifier on pixels, which every network should beat.",
    )
    parser.add_argument("--out", type=path_of, required=True, metavar="CSV", help="the submission to write")
    parser.add_argument("--seed", type=int, default=0, help="seed that chooses the validation images")
    add_source_options(parser, tuple(SOURCES))
    return parser


def main(argv: list[str]) -> int:
    """Fit, predict, write the CSV and say how to score it; return the exit code."""
    arguments = parser().parse_args(argv)
    from pipeline.practice.baseline import write_linear

    print(write_linear(arguments.out, source_config(arguments), arguments.seed))
    print(f"wrote {arguments.out}; score it with: python -m leaderboard score {arguments.out} --solution SOLUTION")
    return 0
