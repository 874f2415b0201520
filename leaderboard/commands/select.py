"""`select`: choose a team's final entries."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `select`."""
    select = arguments.add(commands, "select", run, "choose a team's final entries", prints_rows=False)
    select.add_argument("number", type=int, nargs="*", help="entry numbers; none: the best by public score")
    arguments.add_team(select)
    arguments.add_server(select)


def run(args: argparse.Namespace) -> int:
    """Replace the final picks of a team."""
    server = arguments.find_server(args)
    if server is not None:
        from leaderboard.commands import remote

        return remote.select(server, args)
    from leaderboard.competition import picks

    competition = arguments.open_competition(args)
    team = arguments.acting_team(competition, args)
    picks.select(competition, team.id, args.number)
    chosen = ", ".join(map(str, args.number)) or f"the best {competition.rules.picks} by public score"
    print(f"{team.name}: final entries are {chosen}.")
    return 0
