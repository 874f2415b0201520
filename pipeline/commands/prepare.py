"""`python -m pipeline prepare`: the files that a tutor needs to open a competition."""

import argparse

from pipeline.commands.source_options import add_source_options, source_config
from pipeline.core.files import path_of
from pipeline.data.registry import SOURCES


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline prepare",
        description="Write the public files of a competition, in Kaggle's layout, and its private solution.",
    )
    parser.add_argument("--out", type=path_of, required=True, metavar="DIR", help="new folder for public/ and private/")
    labelled = tuple(name for name, source in SOURCES.items() if source.HAS_TEST_LABELS)
    add_source_options(parser, labelled)
    return parser


def main(argv: list[str]) -> int:
    """Write the public and the private folder and say what to do with them; return the exit code."""
    arguments = parser().parse_args(argv)
    from pipeline.practice.files import SOLUTION, write_competition

    dataset = write_competition(arguments.out, source_config(arguments))
    public, solution = arguments.out / "public", arguments.out / "private" / SOLUTION
    print(
        f"images: {dataset.origin}\n"
        f"public:  {public}: {len(dataset.train_images)} training and {len(dataset.test_images)} test images; "
        f"participants train with DATA_DIR={public}\n"
        f"private: {solution}: keep it; score with: python -m leaderboard score submission.csv --solution {solution}"
    )
    return 0
