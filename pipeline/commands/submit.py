"""`python -m pipeline submit RUN`: send a run's CSV to the practice competition and show its rank."""

import argparse
import shlex
from pathlib import Path

from pipeline.core.files import path_of


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline submit", description=__doc__)
    parser.add_argument(
        "run", type=path_of, metavar="RUN", nargs="?", default=Path("runs/latest"), help="the run folder"
    )
    parser.add_argument("--team", default="me", help="the team's name on the board")
    parser.add_argument("--message", default="", help="a note on this entry")
    parser.add_argument(
        "--competition", type=path_of, metavar="DIR", help="another competition than the practice one in ./practice"
    )
    parser.add_argument("--file", type=path_of, metavar="CSV", help="another file than the run's submission.csv")
    return parser


def main(arguments: list[str]) -> int:
    """Score the run's submission, enter it, and write the page; return the exit code."""
    options = parser().parse_args(arguments)
    from pipeline.practice import board

    data = board.data_of(options.run)
    if data == "kaggle":
        print(f"Kaggle keeps the labels: upload {options.run / 'submission.csv'} there")
        return 0
    config = board.source_of(options.run)
    if not config.has_test_labels:
        print(f"these images have no test labels here: hand in {options.run / 'submission.csv'} where you got them")
        return 0
    competition = board.folder_of(data, options.competition)
    board.create_if_missing(competition, data, config)
    board.enter_submission(competition, options.team, options.file or options.run / "submission.csv", options.message)
    page = board.publish(competition)
    words = ["python", "-m", "pipeline", "standings"]
    words += [str(options.run), "--competition", str(options.competition)] if options.competition else []
    print(f"standings: {shlex.join(words)}, or open {page}")
    return 0
