"""`share`: let several machines serve one competition."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `share`."""
    text = "put labels, rules and stored files into the PostgreSQL database, so that further machines can join"
    arguments.add(commands, "share", run, text, prints_rows=False)


def run(args: argparse.Namespace) -> int:
    """Share the competition, and say how another machine joins."""
    from leaderboard.competition.sharing import share

    competition = arguments.open_competition(args)
    share(competition)
    print(
        f"{competition.root} is shared. Its rules are in the database: change them on the tutor's page of the server."
    )
    print("Next, on another machine: leaderboard join DIR --database URL")
    return 0
