"""`reveal`: make the private standings public."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `reveal`."""
    arguments.add(commands, "reveal", run, "make the private standings public, with what changed")


def run(args: argparse.Namespace) -> int:
    """Print the private standings; from now on everyone may see them."""
    from leaderboard.competition import lifecycle
    from leaderboard.standings.rows import moved_row, standing_columns

    competition = arguments.open_competition(args)
    rows = [moved_row(move, competition.rules.timezone) for move in lifecycle.reveal(competition)]
    print_rows(rows, standing_columns(args.format, "change"), args.format)
    if args.format == "table":
        print("Private standings; change: places won since the public ones. Next: leaderboard publish OUT")
    return 0
