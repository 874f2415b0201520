"""`gradebook`: points for Moodle or Canvas."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboard.commands import arguments

if TYPE_CHECKING:
    import sqlalchemy as sa

    from leaderboard.competition.competition import Competition


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `gradebook`."""
    text = "points for every member of a team, as Moodle or Canvas imports them"
    gradebook = arguments.add(commands, "gradebook", run, text, prints_rows=False)
    gradebook.add_argument("--for", dest="system", required=True, choices=("moodle", "canvas"), help="who imports it")
    gradebook.add_argument("--zero", type=float, required=True, metavar="SCORE", help="no points up to this score")
    gradebook.add_argument("--full", type=float, required=True, metavar="SCORE", help="all points from this score on")
    gradebook.add_argument("--points", type=float, default=100.0, metavar="N", help="all points (default 100)")
    gradebook.add_argument("--title", help="name of the grade (default: the competition's)")
    gradebook.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="the file to write, mode 600")


def run(args: argparse.Namespace) -> int:
    """Write the file, and say what to know before it is imported."""
    from leaderboard.competition import members
    from leaderboard.core.errors import LeaderboardError
    from leaderboard.standings import gradebook
    from leaderboard.standings.assembly import is_revealed
    from leaderboard.storage.files import write_whole
    from leaderboard.table.spreadsheet import write_csv

    scale = gradebook.Scale(args.zero, args.full, args.points)
    competition = arguments.open_competition(args)
    people = members.member_rows(competition, None)
    if not people:
        raise LeaderboardError("no team has members: leaderboard team import ROSTER.csv adds them")
    with competition.reading() as connection:
        scores, revealed = _final_scores(competition, connection), is_revealed(connection)
    grades = gradebook.grades(people, scores, scale)
    columns, rows = gradebook.FORMATS[args.system](grades, args.title or competition.rules.name, scale)
    text = io.StringIO()
    write_csv(text, rows, columns)
    if not args.out.parent.is_dir():
        raise LeaderboardError(f"there is no folder {args.out.parent}: make it first")
    write_whole(args.out, text.getvalue().encode())
    _print_notes(args, grades, scores, revealed)
    return 0


def _final_scores(competition: Competition, connection: sa.Connection) -> dict[str, float | None]:
    """The private score of each team with an entry; None for a team that was taken off the board."""
    import sqlalchemy as sa

    from leaderboard.standings.assembly import final_places
    from leaderboard.storage import database

    table = database.teams
    disabled = connection.execute(sa.select(table.c.name).where(table.c.disabled)).scalars()
    places = final_places(connection, competition.rules.tie, competition.rules.picks)
    return dict.fromkeys(disabled) | {move.after.team.name: move.after.score.value for move in places}


def _print_notes(args: argparse.Namespace, grades, scores, revealed: bool) -> None:
    print(f"{len(grades)} students in {args.out}, for {args.system.title()}.")
    silent = sum(grade.points is None for grade in grades)
    if silent:
        print(f"note: {silent} of them are in a team that was taken off the board: their cell is empty")
    if not revealed:
        print(
            "note: the private standings are not revealed; these points may change, and they give private scores away"
        )
