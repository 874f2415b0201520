"""`publish`: write the page."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `publish`."""
    publish = arguments.add(commands, "publish", run, "write the page, with JSON and CSV beside it", prints_rows=False)
    publish.add_argument("out", type=Path, metavar="OUT", help="folder for the page; it is made if it does not exist")


def run(args: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    from leaderboard.page.publish import publish

    competition = arguments.open_competition(args)
    competition.log_rules()
    pages = publish(competition, args.out)
    print(f"{pages[0]}: open it in a browser, or copy {args.out} to a web server.")
    if len(pages) > 1:
        print(f"{len(pages) - 1} teams' own pages: leaderboard team list shows which is whose.")
    return 0
