"""`export`: all teams and entries, private scores too."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from leaderboard.commands import arguments
from leaderboard.commands.output import print_json, print_rows

if TYPE_CHECKING:
    import sqlalchemy as sa

    from leaderboard.competition.competition import Competition


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `export`."""
    export = arguments.add(commands, "export", run, "all teams and entries, private scores too: for the tutor")
    export.add_argument("--bom", action="store_true", help="with --format csv: begin as Excel wants UTF-8 to begin")


def run(args: argparse.Namespace) -> int:
    """JSON holds the standings of now and the entries; CSV and table hold the entries."""
    import sqlalchemy as sa

    from leaderboard.core.errors import LeaderboardError
    from leaderboard.standings import listing
    from leaderboard.storage import database

    if args.bom and args.format != "csv":
        raise LeaderboardError("--bom is for --format csv")
    competition = arguments.open_competition(args)
    rules = competition.rules
    with competition.reading() as connection:
        rows = listing.submissions(connection, rules.timezone, rules.picks)
        entered = connection.execute(sa.select(database.submissions.c.team_id)).scalars()
        silent = listing.teams_but(connection, entered)
        standings = _standings(competition, connection)
    rows += [dict.fromkeys(listing.COLUMNS) | {"teamName": team.name, "status": "no entry"} for team in silent]
    if args.format == "json":
        print_json({"name": rules.name, **standings, "submissions": rows})
        return 0
    if args.bom:
        sys.stdout.write("\ufeff")
    print_rows(rows, listing.COLUMNS, args.format)
    return 0


def _standings(competition: Competition, connection: sa.Connection) -> dict[str, Any]:
    """The standings that everyone sees now, and which they are; every other team stands below, without a place."""
    from leaderboard.competition import still
    from leaderboard.core.clock import shown
    from leaderboard.standings import listing
    from leaderboard.standings.assembly import is_revealed, shown_places
    from leaderboard.standings.rows import moved_row, row_without_place

    final, before, rules = is_revealed(connection), still.since(competition, connection), competition.rules
    part = "private" if final else "public"
    moves = shown_places(connection, rules.tie, rules.picks, final=final, before=before)
    rows = [moved_row(move, rules.timezone, part) for move in moves]
    others = listing.teams_but(connection, (move.after.team.id for move in moves))
    since = None if before is None else shown(before, rules.timezone)
    rows += [row_without_place(team, part) for team in others]
    return {"part": part, "boardStillSince": since, "standings": rows}
