"""`rescore`: score every entry again after a label fix."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `rescore`."""
    rescore = arguments.add(commands, "rescore", run, "score every entry again after a label fix")
    rescore.add_argument("--solution", type=Path, required=True, help="corrected solution with the same ids")


def run(args: argparse.Namespace) -> int:
    """Print only the places that changed."""
    from leaderboard.competition.rescoring import rescore
    from leaderboard.standings.rows import CHANGE_COLUMNS, change_rows

    public, private = rescore(arguments.open_competition(args), args.solution)
    rows = [*change_rows("public", public), *change_rows("private", private)]
    print_rows(rows, CHANGE_COLUMNS, args.format)
    if args.format == "table":
        print(f"{len(rows)} places or scores moved; the old scores are kept. Next: leaderboard publish OUT")
    return 0
