"""`export`: all teams and entries, private scores too."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_json, print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `export`."""
    arguments.add(commands, "export", run, "all teams and entries, private scores too: for the tutor")


def run(args: argparse.Namespace) -> int:
    """JSON holds the competition's name, the standings and the submissions; CSV and table the submissions."""
    from leaderboard.standings import listing
    from leaderboard.standings.assembly import public_places
    from leaderboard.standings.rows import standing_row

    competition = arguments.open_competition(args)
    rules = competition.rules
    with competition.reading() as connection:
        rows = listing.submissions(connection, rules.timezone, None)
        places = [standing_row(place, rules.timezone) for place in public_places(connection, rules.tie)]
    if args.format == "json":
        print_json({"name": rules.name, "standings": places, "submissions": rows})
    else:
        print_rows(rows, listing.COLUMNS, args.format)
    return 0
