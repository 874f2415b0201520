"""`tutor-token`: the key to the tutor's page of the server."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `tutor-token`."""
    text = "give the tutor's page of the server a new token; the old one ends"
    arguments.add(commands, "tutor-token", run, text, prints_rows=False)


def run(args: argparse.Namespace) -> int:
    """Make a token and print it; it cannot be shown again."""
    from leaderboard.competition import access

    print(access.new_tutor_token(arguments.open_competition(args)))
    return 0
