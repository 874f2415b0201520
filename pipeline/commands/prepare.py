"""`python -m pipeline prepare`: the files that a tutor needs to open a competition."""

import argparse
import secrets

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
    exchange = "let N test images change places with training images, so that published labels do not fit them"
    parser.add_argument("--exchange", type=int, default=0, metavar="N", help=exchange)
    change = "change every test image a little, so that none is found by its exact pixels"
    parser.add_argument("--perturb", action="store_true", help=change)
    parser.add_argument("--seed", type=int, metavar="N", help="of the two above (default: drawn; kept in private/)")
    labelled = tuple(name for name, source in SOURCES.items() if source.HAS_TEST_LABELS)
    add_source_options(parser, labelled)
    return parser


def main(argv: list[str]) -> int:
    """Write the public and the private folder and say what to do with them; return the exit code."""
    arguments = parser().parse_args(argv)
    from pipeline.core.errors import UserError
    from pipeline.practice.files import EXCHANGED, SOLUTION, TestSet, write_competition

    seed = secrets.randbits(63) if arguments.seed is None else arguments.seed
    if seed < 0 or arguments.exchange < 0:
        raise UserError(f"--seed {seed} --exchange {arguments.exchange}: neither may be negative")
    test_set = TestSet(exchange=arguments.exchange, perturb=arguments.perturb, seed=seed)
    if arguments.seed is not None and not test_set.is_own:
        raise UserError(f"--seed {arguments.seed} decides nothing without --exchange or --perturb: leave it out")
    dataset = write_competition(arguments.out, source_config(arguments), test_set)
    public, solution = arguments.out / "public", arguments.out / "private" / SOLUTION
    print(
        f"images: {dataset.origin}\n"
        f"public:  {public}: {len(dataset.train_images)} training and {len(dataset.test_images)} test images; "
        f"participants train with DATA_DIR={public}\n"
        f"private: {solution}: keep it; score with: python -m leaderboard score submission.csv --solution {solution}"
    )
    if test_set.exchange:
        only = arguments.out / "private" / EXCHANGED
        print(f"private: {only}: the solution of the {test_set.exchange} exchanged images alone")
    return 0
