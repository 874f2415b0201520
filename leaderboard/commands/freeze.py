"""`freeze`: stop accepting entries and picks."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `freeze`."""
    freeze = arguments.add(commands, "freeze", run, "accept no entries or picks any more", prints_rows=False)
    freeze.add_argument("--undo", action="store_true", help="accept them again")


def run(args: argparse.Namespace) -> int:
    """Freeze, and say what comes next."""
    from leaderboard.competition import lifecycle

    competition = arguments.open_competition(args)
    lifecycle.set_frozen(competition, not args.undo)
    print("Entries and picks are accepted again." if args.undo else "Frozen. Next: leaderboard reveal")
    return 0
