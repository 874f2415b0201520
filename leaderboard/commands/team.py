"""`team`: add, list, rename, alias and disable teams, renew a token; the other actions are in team_*.py."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments, team_grants, team_members, team_merges
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `team`."""
    team = commands.add_parser("team", help="add, list, rename, alias, disable teams")
    actions = team.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(team))
    add = arguments.add(actions, "add", _run_add, "add teams and print their tokens, this once")
    add.add_argument("name", nargs="+", metavar="NAME", help="names of the new teams")
    add.add_argument("--alias", help="shown instead of the name on every page (for one team)")
    add.add_argument("--baseline", action="store_true", help="shown on the board, not ranked, no quota")
    arguments.add(actions, "list", _run_list, "list the teams")
    rename = arguments.add(actions, "rename", _run_change, "change a team's name", prints_rows=False)
    rename.add_argument("name", metavar="NAME", help="the team's current name")
    rename.add_argument("new", metavar="NEW", help="its new name")
    text = "show an alias instead of the name; without ALIAS, show the name again"
    alias = arguments.add(actions, "alias", _run_change, text, prints_rows=False)
    alias.add_argument("name", metavar="NAME", help="the team's name")
    alias.add_argument("new", metavar="ALIAS", nargs="?", help="what every page shows instead")
    text = "take a team off the board and refuse its entries"
    disable = arguments.add(actions, "disable", _run_change, text, prints_rows=False)
    disable.add_argument("name", metavar="NAME", help="the team's name")
    disable.add_argument("--undo", action="store_true", help="put the team back on the board")
    token = arguments.add(actions, "token", _run_change, "give a team a new token; the old one stops working")
    token.add_argument("name", metavar="NAME", help="the team's name")
    team_members.add_actions(actions)
    team_grants.add_actions(actions)
    team_merges.add_actions(actions)


def _run_add(args: argparse.Namespace) -> int:
    """Add all teams or, if one name cannot be added, none; print each name and token."""
    from leaderboard.competition import teams
    from leaderboard.core.errors import LeaderboardError

    if args.alias and len(args.name) > 1:
        raise LeaderboardError("--alias is for one team: give one name")
    competition = arguments.open_competition(args)
    added = teams.add_all(competition, args.name, alias=args.alias, baseline=args.baseline)
    print_rows([{"teamName": name, "token": token} for name, token in added], ("teamName", "token"), args.format)
    return 0


def _run_change(args: argparse.Namespace) -> int:
    """`rename`, `alias`, `disable` and `token`."""
    from leaderboard.competition import teams

    competition = arguments.open_competition(args)
    if args.action == "rename":
        teams.rename(competition, args.name, args.new)
        print(f"{args.name} is now {args.new}.")
    elif args.action == "alias":
        teams.set_alias(competition, args.name, args.new)
        print(f"{args.name} is shown as {args.new or args.name}.")
    elif args.action == "disable":
        teams.set_disabled(competition, args.name, not args.undo)
        gone = "off the board; its entries are kept, and new ones are refused. team disable --undo brings them back"
        print(f"{args.name} is {'back on the board, with its entries' if args.undo else gone}.")
    else:
        print_rows(
            [{"teamName": args.name, "token": teams.renew_token(competition, args.name)}],
            ("teamName", "token"),
            args.format,
        )
    return 0


def _run_list(args: argparse.Namespace) -> int:
    """Every team with the name that pages show, and its own page if the rules provide one."""
    from leaderboard.competition.roster import team_columns, team_rows

    competition = arguments.open_competition(args)
    print_rows(team_rows(competition), team_columns(competition.rules), args.format)
    return 0
