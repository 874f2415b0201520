"""`entry`: withdraw, void, restore or move one entry; nothing is deleted."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `entry`."""
    entry = commands.add_parser("entry", help="withdraw, void, restore or move one entry")
    actions = entry.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(entry))
    text = "take an entry of your own team off the board; its quota stays used"
    withdraw = arguments.add(actions, "withdraw", _run_withdraw, text, prints_rows=False)
    _add_number(withdraw)
    arguments.add_team(withdraw)
    void = arguments.add(actions, "void", _run_void, "take an entry off the board, for a reason", prints_rows=False)
    _add_number(void)
    _add_reason(void)
    void.add_argument("--give-back", action="store_true", help="the entry no longer costs its team quota")
    text = "let a late, withdrawn or void entry rank"
    _add_number(arguments.add(actions, "restore", _run_restore, text, prints_rows=False))
    move = arguments.add(actions, "move", _run_move, "give an entry to the team it belongs to", prints_rows=False)
    _add_number(move)
    move.add_argument("--to", required=True, metavar="NAME", help="the team's name")
    _add_reason(move)
    arguments.add(actions, "list", _run_list, "list what was done to entries")


def _add_number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", type=int, metavar="N", help="the entry's number")


def _add_reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why; it is logged, and the team reads it")


def _run_withdraw(args: argparse.Namespace) -> int:
    from leaderboard.competition import exclusions

    competition = arguments.open_competition(args)
    exclusions.withdraw(competition, arguments.acting_team(competition, args).id, args.number)
    print(f"Entry {args.number} is withdrawn: it does not rank, and its quota stays used. The tutor can restore it.")
    return 0


def _run_void(args: argparse.Namespace) -> int:
    from leaderboard.competition import exclusions

    exclusions.void(arguments.open_competition(args), args.number, args.reason, gives_back=args.give_back)
    quota = "its quota is given back" if args.give_back else "its quota stays used (--give-back would return it)"
    print(f"Entry {args.number} is void: it does not rank, and {quota}.")
    print(f"To undo it: leaderboard entry restore {args.number}")
    return 0


def _run_restore(args: argparse.Namespace) -> int:
    from leaderboard.competition import exclusions

    was = exclusions.restore(arguments.open_competition(args), args.number)
    print(f"Entry {args.number} was {was} and ranks now.")
    return 0


def _run_move(args: argparse.Namespace) -> int:
    from leaderboard.competition import exclusions

    before, after = exclusions.move(arguments.open_competition(args), args.number, args.to, args.reason)
    print(f"Entry {args.number} is one of {after} now, no longer of {before}. It counts in {after}'s quota of its day.")
    return 0


def _run_list(args: argparse.Namespace) -> int:
    from leaderboard.competition import exclusions

    print_rows(exclusions.action_rows(arguments.open_competition(args)), exclusions.COLUMNS, args.format)
    return 0
