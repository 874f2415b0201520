"""`demo`: a competition with made-up teams and entries, to look at the server."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `demo`."""
    text = "make a competition of 25 made-up teams to look at, with random labels"
    demo = commands.add_parser("demo", help=text, description=text)
    demo.add_argument("folder", type=Path, help="a new folder")
    demo.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make it, and say how to look at it."""
    from leaderboard.competition.demo import TOKENS, make

    tokens = make(args.folder)
    team = next(iter(tokens))
    print(f"{args.folder}: {len(tokens) - 1} teams and their entries, all made up.")
    print(f"Token of {team}: {tokens[team]}")
    print(f"The tutor's token: {tokens['tutor']}")
    print(f"All tokens: {args.folder / TOKENS}. Next: leaderboard serve --competition {args.folder}")
    return 0
