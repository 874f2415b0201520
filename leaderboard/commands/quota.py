"""`quota`: show how many entries are left today."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `quota`."""
    quota = arguments.add(commands, "quota", run, "show how many entries a team has left today")
    arguments.add_team(quota)
    arguments.add_server(quota)


def run(args: argparse.Namespace) -> int:
    """Entries and invalid files left, and when the next day begins."""
    server = arguments.find_server(args)
    if server is not None:
        from leaderboard.commands import remote

        return remote.quota(server, args)
    from leaderboard.competition import names, quota, teams
    from leaderboard.core.clock import format_duration, format_time

    competition = arguments.open_competition(args)
    competition.log_rules()
    number, at = arguments.acting_team(competition, args).id, competition.clock()
    with competition.read_transaction() as connection:
        team = teams.by_id(connection, number)
        day = quota.day_quota(competition, connection, team.id, at)
        closed = quota.why_closed(competition, connection, day, at)
        shown_as = names.display_name(connection, competition.rules.names, team)
    granted, zone = day.allowance, competition.rules.timezone
    row = {
        "teamName": team.name,
        "shown": shown_as,
        "left": max(0, day.left),
        "daily_quota": competition.rules.daily_quota,
        "granted": granted.entries,
        "granted_until": format_time(granted.until, zone) if granted.until else "",
        "invalid_left": max(0, day.invalid),
        "resets": f"{format_time(day.ends_at, zone)}, in {format_duration(day.ends_at - at)}",
    }
    if args.format != "table":
        row["closed"] = closed
    print_rows([row], tuple(row), args.format)
    if closed and args.format == "table":
        print(f"{closed[0].upper()}{closed[1:]}.")
    return 0
