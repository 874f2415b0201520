"""`team grant`, `grants` and `revoke`: extra entries or a later deadline for one team."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_actions(actions: argparse._SubParsersAction) -> None:
    """Add these actions to `team`."""
    text = "give one team further entries, a later deadline, or both"
    grant = arguments.add(actions, "grant", _run_grant, text, prints_rows=False)
    grant.add_argument("name", metavar="NAME", help="the team's name")
    grant.add_argument("--entries", type=int, default=0, metavar="N", help="entries beyond the daily quota (default 0)")
    grant.add_argument(
        "--until", required=True, metavar="TIME", help="such as 2026-12-22T12:00, in the competition's timezone"
    )
    grant.add_argument("--reason", required=True, help="why; it is logged")
    arguments.add(actions, "grants", _run_grants, "list what was granted, and how much of it was used")
    revoke = arguments.add(actions, "revoke", _run_revoke, "end a grant; its entries stay", prints_rows=False)
    revoke.add_argument("number", type=int, metavar="N", help="the grant's number")


def _run_grant(args: argparse.Namespace) -> int:
    """Add the grant, and print the number that revokes it."""
    from leaderboard.competition import grants

    number = grants.give(arguments.open_competition(args), args.name, args.entries, args.until, args.reason)
    print(
        f"Grant {number}: {args.name} has {args.entries} further entries, until {args.until}, also after the deadline."
    )
    print(f"To take it back: leaderboard team revoke {number}")
    return 0


def _run_grants(args: argparse.Namespace) -> int:
    """Every grant, including revoked ones."""
    from leaderboard.competition import grants

    print_rows(grants.grant_rows(arguments.open_competition(args)), grants.COLUMNS, args.format)
    return 0


def _run_revoke(args: argparse.Namespace) -> int:
    """Revoke the grant, and say that it has ended."""
    from leaderboard.competition import grants

    grants.revoke(arguments.open_competition(args), args.number)
    print(f"Grant {args.number} has ended. Entries that used it stay.")
    return 0
