"""`python -m pipeline standings`: the practice competition's standings and its page."""

import argparse
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.core.files import path_of


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline standings", description=__doc__)
    parser.add_argument(
        "run", type=path_of, metavar="RUN", nargs="?", default=Path("runs/latest"), help="a run that entered"
    )
    parser.add_argument(
        "--competition", type=path_of, metavar="DIR", help="another competition than the practice one in ./practice"
    )
    return parser


def main(arguments: list[str]) -> int:
    """Print the standings of the competition that a run entered, and write the page; return the exit code."""
    options = parser().parse_args(arguments)
    from pipeline.practice import board

    competition = board.folder_of(board.data_of(options.run), options.competition)
    if not competition.exists():
        raise UserError(f"{competition} does not exist yet; `make submit` creates it")
    board.leaderboard("leaderboard", "--competition", competition)
    print(f"page: {board.publish(competition)}")
    return 0
