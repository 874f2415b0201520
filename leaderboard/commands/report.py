"""`report`: write the competition as one HTML file, to read and to print."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `report`."""
    text = "the competition as one HTML file, to read and to print: for the tutor, or with --public for everyone"
    report = arguments.add(commands, "report", run, text, prints_rows=False)
    report.add_argument("out", type=Path, metavar="OUT.html", help="the file; the tutor's gets mode 600")
    public = "only what everyone may see now: no labels, and no private score before the reveal"
    report.add_argument("--public", action="store_true", help=public)


def run(args: argparse.Namespace) -> int:
    """Write the report, and say who may see it."""
    from leaderboard.report.rendering import write_report

    write_report(arguments.open_competition(args), args.out, public=args.public)
    who = "for everyone" if args.public else "for you alone: it shows labels and private scores"
    print(f"{args.out}: {who}. Open it in a browser; its print dialog makes a PDF.")
    return 0
