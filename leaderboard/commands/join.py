"""`join`: add a machine to a shared competition."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `join`."""
    text = "make this machine's folder of a competition that was shared on another one"
    join = commands.add_parser("join", help=text, description=text)
    join.add_argument("folder", type=Path, help="a new folder")
    join.add_argument("--database", required=True, help="postgresql://user@host/name, as the other machine has it")
    join.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the folder, and say how to serve it."""
    from leaderboard.competition.sharing import join

    join(args.folder, args.database)
    print(f"{args.folder} is part of the shared competition. Next: leaderboard serve --competition {args.folder}")
    return 0
