"""`reveal`: make the private standings public."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows

if TYPE_CHECKING:
    from leaderboard.competition.competition import Competition


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `reveal`."""
    text = "make the private standings public, for good, with what changed"
    reveal = arguments.add(commands, "reveal", run, text)
    shown = "also write the finals as a show: one page, the places from the last to the first, one key each"
    reveal.add_argument("--show", type=Path, metavar="FILE.html", help=shown)
    reveal.add_argument("--yes", action="store_true", help="do not ask: a reveal cannot be undone")


def run(args: argparse.Namespace) -> int:
    """Print the private standings; from now on everyone may see them."""
    import sys

    from leaderboard.competition import lifecycle
    from leaderboard.page import show
    from leaderboard.standings.rows import mark_baseline, moved_row, standing_columns

    competition = arguments.open_competition(args)
    if args.show is not None:
        show.require_show_path(args.show)
    if not args.yes:
        _ask(competition)
    moves = lifecycle.reveal(competition)
    rows = [mark_baseline(moved_row(move, competition.rules.timezone, "private"), args.format) for move in moves]
    print_rows(rows, standing_columns(args.format, "change"), args.format)
    if args.format == "table":
        print("Private standings; change: places won since the public ones. Next: leaderboard publish OUT")
    if args.show is not None:
        show.write_show(competition, args.show)
        print(f"The show: open {args.show} in a browser, and press space for each place.", file=sys.stderr)
    return 0


def _ask(competition: Competition) -> None:
    """Ask once, unless the standings are revealed already. Raises LeaderboardError for any answer but yes."""
    import sys

    from leaderboard.core.errors import LeaderboardError
    from leaderboard.standings.places import is_revealed

    with competition.read_transaction() as connection:
        if is_revealed(connection):
            return
    print("Everyone will see the private standings, and it cannot be undone. Reveal? yes/no:", file=sys.stderr)
    if sys.stdin is None or sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise LeaderboardError("nothing was revealed: answer yes, or give --yes")
