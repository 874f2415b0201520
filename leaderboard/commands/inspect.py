"""`inspect`: show what a tutor may want to ask about. None of it appears on the page."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.details import print_details
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `inspect`."""
    inspect = arguments.add(commands, "inspect", run, "for the tutor: near-copies, copied labels, chance level")
    inspect.add_argument("entry", type=int, nargs="?", help="this entry instead: per class, confusion, calibration")


def run(args: argparse.Namespace) -> int:
    """Findings on the teams' best entries, or the details of one entry."""
    competition = arguments.open_competition(args)
    if args.entry is not None:
        from leaderboard.competition.stored_files import current_report

        print_details(*current_report(competition, args.entry), args.format)
        return 0
    from leaderboard.audit.integrity import find_suspicious

    rows = [{"kind": f.kind, "teams": " / ".join(f.teams), "detail": f.detail} for f in find_suspicious(competition)]
    if not rows and args.format == "table":
        print("Nothing stands out among the teams' best entries.")
    else:
        print_rows(rows, ("kind", "teams", "detail"), args.format)
    return 0
