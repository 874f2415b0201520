"""`leaderboard`: show the standings."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `leaderboard`."""
    board = arguments.add(commands, "leaderboard", run, "show the standings")
    arguments.add_server(board)
    board.add_argument(
        "--private", action="store_true", help="private standings, before they are revealed: for the tutor"
    )


def run(args: argparse.Namespace) -> int:
    """Show the public standings; after the reveal, or for the tutor with --private, the private ones."""
    server = arguments.find_server(args)
    if server is not None:
        from leaderboard.commands import remote

        return remote.standings(server, args)
    from leaderboard.competition import board_still
    from leaderboard.standings.places import current_places, is_revealed
    from leaderboard.standings.rows import mark_baseline, moved_row, standing_columns

    competition = arguments.open_competition(args)
    rules = competition.rules
    with competition.read_transaction() as connection:
        final = args.private or is_revealed(connection)
        before = None if final else board_still.since(competition, connection)
        moves = current_places(connection, rules.tie, rules.picks, final=final, before=before)
    part = "private" if final else "public"
    columns = standing_columns(args.format, *(("change",) if final else ()))
    if not moves and args.format == "table":
        print("No entries yet: leaderboard submit -f submission.csv --team NAME makes the first.")
        return 0
    rows = [mark_baseline(moved_row(move, rules.timezone, part), args.format) for move in moves]
    print_rows(rows, columns, args.format)
    if before is not None and args.format == "table":
        print(board_still.text(competition, before))
    return 0
