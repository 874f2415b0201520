"""`team merge` and `split`: turn two teams into one, or one into two."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_actions(actions: argparse._SubParsersAction) -> None:
    """Add these actions to `team`."""
    text = "make a team part of another, with its members, entries and grants"
    merge = arguments.add(actions, "merge", _run_merge, text, prints_rows=False)
    merge.add_argument("name", metavar="NAME", help="the team that ends; it goes off the board")
    merge.add_argument("--into", required=True, metavar="NAME", help="the team that goes on, with its own token")
    split = arguments.add(actions, "split", _run_split, "make a new team of some members of a team; print its token")
    split.add_argument("name", metavar="NAME", help="the team that they leave")
    split.add_argument("new", metavar="NEW", help="the new team's name")
    split.add_argument("--members", nargs="+", required=True, metavar="STUDENT-ID", help="who goes into the new team")
    text = "entries that go along; the others stay"
    split.add_argument("--entries", nargs="+", type=int, default=[], metavar="N", help=text)


def _run_merge(args: argparse.Namespace) -> int:
    """Merge, and say what moved and what stayed."""
    from leaderboard.competition import merging

    done = merging.merge(arguments.open_competition(args), args.name, args.into)
    over = f"members: {done.members}, entries: {done.entries}, grants: {done.grants}"
    print(f"{args.name} is part of {args.into} now ({over}), and off the board. The token of {args.into} stays.")
    if done.stayed:
        print(
            f"Files that both teams had entered: {done.stayed}. Of each, one entry stands and the other stays behind."
        )
    return 0


def _run_split(args: argparse.Namespace) -> int:
    """Split, and print the token of the new team."""
    from leaderboard.competition import merging

    token = merging.split(arguments.open_competition(args), args.name, args.new, args.members, args.entries)
    print_rows([{"teamName": args.new, "token": token}], ("teamName", "token"), args.format)
    return 0
