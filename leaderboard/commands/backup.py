"""`backup`: copy the competition at one moment."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `backup`."""
    backup = arguments.add(
        commands, "backup", run, "copy the competition at one moment into a new folder", prints_rows=False
    )
    backup.add_argument("out", type=Path, metavar="OUT", help="the new folder")


def run(args: argparse.Namespace) -> int:
    """Copy, and say how to open the copy."""
    from leaderboard.competition.backup import backup

    backup(arguments.open_competition(args), args.out)
    print(f"{args.out}: complete, and a competition folder of its own: it opens with --competition {args.out}")
    return 0
