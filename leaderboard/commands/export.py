"""`export`: all teams and entries; the final standings; or the final files. Private scores are among them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leaderboard.commands import arguments
from leaderboard.commands.output import print_json, print_rows

if TYPE_CHECKING:
    import sqlalchemy as sa

    from leaderboard.competition.competition import Competition

ENTRIES, FINAL, FILES = "entries", "final", "files"


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `export`."""
    text = "all teams and entries, the final standings, or the final files, private scores too: for the tutor"
    export = arguments.add(commands, "export", run, text)
    what = "entries (default): every entry; final: the final standings; files DIR: a folder of the files that count"
    export.add_argument("what", nargs="?", choices=(ENTRIES, FINAL, FILES), default=ENTRIES, help=what)
    export.add_argument("out", nargs="?", type=Path, metavar="DIR", help="with files: the new folder")
    export.add_argument("--bom", action="store_true", help="with --format csv: begin with a byte-order mark, for Excel")


def run(args: argparse.Namespace) -> int:
    """Print rows, or write the folder."""
    _require_sense(args)
    competition = arguments.open_competition(args)
    if args.what == FILES:
        return _write_files(competition, args.out)
    if args.bom:
        sys.stdout.write("\ufeff")
    (_print_final if args.what == FINAL else _print_entries)(competition, args.format)
    return 0


def _require_sense(args: argparse.Namespace) -> None:
    from leaderboard.core.errors import LeaderboardError

    if args.bom and (args.format != "csv" or args.what == FILES):
        raise LeaderboardError("--bom is for --format csv")
    if (args.what == FILES) != (args.out is not None):
        raise LeaderboardError(
            "name the new folder: leaderboard export files DIR"
            if args.what == FILES
            else f"export {args.what} prints, and writes no folder: leave out {args.out}"
        )


def _write_files(competition: Competition, out: Path) -> int:
    from leaderboard.competition.final_files import MANIFEST, write_final_files

    names = write_final_files(competition, out)
    files = "1 file that counts" if len(names) == 1 else f"{len(names)} files that count"
    print(f"{out}: {files}, for you alone; {out / MANIFEST} says whose they are.")
    return 0


def _print_final(competition: Competition, form: str) -> None:
    """The final standings; every row says whether they are revealed."""
    from leaderboard.standings.final import COLUMNS, TABLE, final_rows
    from leaderboard.standings.places import is_revealed

    rules = competition.rules
    with competition.read_transaction() as connection:
        standings = "final, revealed" if is_revealed(connection) else "final, not revealed"
        rows = final_rows(connection, rules.tie, rules.picks, rules.timezone, standings)
    if form == "json":
        print_json({"name": rules.name, "standings": standings, "teams": rows})
        return
    print_rows(rows, TABLE if form == "table" else COLUMNS, form)
    if form == "table":
        print(f"These are the standings: {standings}. --format csv has dates, files and hashes too.")


def _print_entries(competition: Competition, form: str) -> None:
    """JSON holds the current standings and the entries; CSV and table hold the entries."""
    import sqlalchemy as sa

    from leaderboard.standings import listing
    from leaderboard.storage import database

    rules = competition.rules
    with competition.read_transaction() as connection:
        rows = listing.submissions(connection, rules.timezone, rules.picks)
        entered = connection.execute(sa.select(database.submissions.c.team_id)).scalars()
        silent = listing.teams_except(connection, entered)
        standings = _standings(competition, connection)
    rows += [dict.fromkeys(listing.COLUMNS) | {"teamName": team.name, "status": "no entry"} for team in silent]
    if form == "json":
        print_json({"name": rules.name, **standings, "submissions": rows})
    else:
        print_rows(rows, listing.COLUMNS, form)


def _standings(competition: Competition, connection: sa.Connection) -> dict[str, Any]:
    """The standings that everyone sees now, and their kind; all other teams follow without a place."""
    from leaderboard.competition import board_still
    from leaderboard.core.clock import format_time
    from leaderboard.standings import listing
    from leaderboard.standings.places import current_places, is_revealed
    from leaderboard.standings.rows import moved_row, row_without_place

    final, before, rules = is_revealed(connection), board_still.since(competition, connection), competition.rules
    part = "private" if final else "public"
    moves = current_places(connection, rules.tie, rules.picks, final=final, before=before)
    rows = [moved_row(move, rules.timezone, part) for move in moves]
    others = listing.teams_except(connection, (move.after.team.id for move in moves))
    since = None if before is None else format_time(before, rules.timezone)
    rows += [row_without_place(team, part) for team in others]
    return {"part": part, "boardStillSince": since, "standings": rows}
