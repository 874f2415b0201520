"""`gradebook`: points for Moodle, Canvas or ILIAS."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboard.commands import arguments

if TYPE_CHECKING:
    import sqlalchemy as sa

    from leaderboard.competition.competition import Competition
    from leaderboard.standings.gradebook import Grade, Rule

ILIAS = "ilias"
MOODLE_MOST = 100


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `gradebook`."""
    text = "points for every member of a team, as Moodle, Canvas or ILIAS imports them"
    gradebook = arguments.add(commands, "gradebook", run, text, prints_rows=False)
    systems = ("moodle", "canvas", ILIAS)
    gradebook.add_argument("--for", dest="system", required=True, choices=systems, help="the system that imports it")
    rule = "linear (default): between --zero and --full; groups: equal steps for groups that cannot be told apart"
    gradebook.add_argument("--rule", choices=("linear", "groups"), default="linear", help=rule)
    gradebook.add_argument("--zero", type=float, metavar="SCORE", help="linear: no points up to this score")
    gradebook.add_argument("--full", type=float, metavar="SCORE", help="linear: all points from this score on")
    gradebook.add_argument("--points", type=float, default=100.0, metavar="N", help="all points (default 100)")
    gradebook.add_argument("--title", help="name of the grade (default: the competition's)")
    gradebook.add_argument("--fill", type=Path, metavar="status.csv", help="ilias: the file of its Multi-Feedback")
    gradebook.add_argument("--pass", dest="passed", type=float, metavar="N", help="ilias: passed from N points on")
    gradebook.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="the file to write, mode 600")


def run(args: argparse.Namespace) -> int:
    """Write the file, and say what to know before importing it."""
    from leaderboard.competition import members
    from leaderboard.core.errors import LeaderboardError
    from leaderboard.standings import gradebook
    from leaderboard.standings.places import is_revealed
    from leaderboard.storage.files import write_whole

    rule = _rule(args)
    competition = arguments.open_competition(args)
    people = members.member_rows(competition, None)
    if not people:
        raise LeaderboardError("no team has members: leaderboard team import ROSTER.csv adds them")
    with competition.read_transaction() as connection:
        points, revealed = _points(competition, connection, rule), is_revealed(connection)
    grades = gradebook.grades(people, points)
    text, notes = _ilias(args, grades) if args.system == ILIAS else _text(args, competition, grades)
    if not args.out.parent.is_dir():
        raise LeaderboardError(f"the folder {args.out.parent} does not exist: make it first")
    write_whole(args.out, text.encode())
    for note in [*notes, *_notes(args, grades, revealed)]:
        print(note)
    return 0


def _rule(args: argparse.Namespace) -> Rule:
    """The grading rule that the options select. Raises LeaderboardError for options that do not go together."""
    from leaderboard.core.errors import LeaderboardError
    from leaderboard.standings.gradebook import Scale, Steps

    missing = [args.zero, args.full].count(None)
    if args.rule == "linear" and missing:
        raise LeaderboardError("the rule linear needs --zero SCORE and --full SCORE; --rule groups needs neither")
    if args.rule == "groups" and missing < 2:
        raise LeaderboardError("--zero and --full belong to --rule linear: leave them out, or leave out --rule groups")
    if (args.system == ILIAS) != (args.fill is not None):
        raise LeaderboardError("--for ilias and --fill status.csv go together: give both or neither")
    if args.passed is not None and args.system != ILIAS:
        raise LeaderboardError("--pass is for --for ilias: leave it out")
    return Steps(args.points) if args.rule == "groups" else Scale(args.zero, args.full, args.points)


def _points(competition: Competition, connection: sa.Connection, rule: Rule) -> dict[str, float | None]:
    """The points of each team with an entry; None for a disabled team."""
    import sqlalchemy as sa

    from leaderboard.standings.places import final_places
    from leaderboard.storage import database

    table = database.teams
    disabled = connection.execute(sa.select(table.c.name).where(table.c.disabled)).scalars()
    places = final_places(connection, competition.rules.tie, competition.rules.picks)
    return dict.fromkeys(disabled) | rule([place.after for place in places])


def _text(args: argparse.Namespace, competition: Competition, grades: list[Grade]) -> tuple[str, list[str]]:
    from leaderboard.standings import gradebook
    from leaderboard.table.spreadsheet import write_csv

    columns, rows = gradebook.FORMATS[args.system](grades, args.title or competition.rules.name, args.points)
    text = io.StringIO()
    write_csv(text, rows, columns)
    return text.getvalue(), [f"{len(grades)} students for {args.system.title()}: {args.out}"]


def _ilias(args: argparse.Namespace, grades: list[Grade]) -> tuple[str, list[str]]:
    from leaderboard.standings import ilias

    filled = ilias.fill_status_file(args.fill, grades, args.passed)
    notes = [f"{filled.updated} rows of {args.fill} filled in, for ILIAS: {args.out}"]
    if filled.unknown:
        notes.append(f"note: no student has the login {_some(filled.unknown)}: these rows stay as they were")
    if filled.missing:
        notes.append(f"note: no row has the login of {_some([grade.name for grade in filled.missing])}: they get none")
    return filled.text, notes


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _notes(args: argparse.Namespace, grades: list[Grade], revealed: bool) -> list[str]:
    notes = []
    silent = sum(grade.points is None for grade in grades)
    if silent:
        what = "their cell is empty" if args.system == "canvas" else "they are left out"
        notes.append(f"note: {silent} of them are in a team that was taken off the board: {what}")
    if args.system == "moodle" and args.points > MOODLE_MOST:
        notes.append(f"note: Moodle refuses more than {MOODLE_MOST} points unless its administrator allows them")
    if not revealed:
        notes.append("note: the private standings are not revealed; these points may change and give scores away")
    return notes
