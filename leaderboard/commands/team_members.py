"""`team import`, `members`, `move` and `leave`: who is in which team."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_actions(actions: argparse._SubParsersAction) -> None:
    """Add these actions to `team`."""
    text = "add the teams and members of a CSV (name, student id, e-mail, team), all or none"
    load = arguments.add(actions, "import", _run_import, text)
    load.add_argument("roster", type=Path, metavar="ROSTER.csv", help="the students, one per line")
    load.add_argument("--tokens", type=Path, metavar="FILE", help="write the tokens of new teams into one CSV")
    load.add_argument("--letters", type=Path, metavar="DIR", help="write a letter per new team into a new folder")
    load.add_argument("--template", type=Path, metavar="FILE", help="the letter's text, with $team, $token, $members")
    members = arguments.add(actions, "members", _run_members, "list the members of a team, or of all")
    members.add_argument("name", metavar="NAME", nargs="?", help="the team's name")
    move = arguments.add(actions, "move", _run_move, "put a member into another team", prints_rows=False)
    move.add_argument("student_id", metavar="STUDENT-ID", help="the member's student id")
    move.add_argument("name", metavar="NAME", help="the new team; entries stay with the old one")
    leave = arguments.add(actions, "leave", _run_leave, "take a member out of the team", prints_rows=False)
    leave.add_argument("student_id", metavar="STUDENT-ID", help="the member's student id")


def _run_import(args: argparse.Namespace) -> int:
    """Import the roster; print the tokens, or say where they are."""
    from leaderboard.competition import letters, members, roster_file
    from leaderboard.core.errors import LeaderboardError

    if (args.letters is None) != (args.template is None):
        raise LeaderboardError("--letters DIR and --template FILE go together: give both or neither")
    for path in filter(None, (args.tokens, args.letters)):
        letters.require_new_file(path)
    template = letters.read_template(args.template) if args.template else None
    competition = arguments.open_competition(args)
    rows, problems = roster_file.read_roster(args.roster)

    def deliver(issued: list[members.NewTeam]) -> None:
        if args.tokens:
            letters.write_tokens(args.tokens, issued)
        if template:
            letters.write_letters(args.letters, template, competition, issued)

    try:
        done = members.import_roster(competition, rows, problems, deliver)
    except members.RosterError as error:
        for line in error.lines:
            print(f"{args.roster} {line}", file=sys.stderr)
        raise
    _print_imported(args, done)
    return 0


def _print_imported(args: argparse.Namespace, done) -> None:
    where = [str(path) for path in (args.tokens, args.letters) if path]
    if not where:
        rows = [{"teamName": team.name, "token": team.token} for team in done.teams]
        print_rows(rows, ("teamName", "token"), args.format)
    if where or args.format == "table":
        print(f"New teams: {len(done.teams)}; new members: {done.added}; already there: {done.unchanged}.")
    if where:
        print(f"The tokens are in {' and '.join(where)}: hand them out and delete the files. They are shown only once.")


def _run_members(args: argparse.Namespace) -> int:
    """Every member with their team."""
    from leaderboard.competition import members

    print_rows(members.member_rows(arguments.open_competition(args), args.name), members.COLUMNS, args.format)
    return 0


def _run_move(args: argparse.Namespace) -> int:
    """Move the member; print the old and the new team."""
    from leaderboard.competition import members

    name, team = members.move(arguments.open_competition(args), args.student_id, args.name)
    print(f"{name} is now in {args.name}, and no longer in {team}. Entries stay with the team that made them.")
    return 0


def _run_leave(args: argparse.Namespace) -> int:
    """End the membership; say which team the member left."""
    from leaderboard.competition import members

    name, team = members.leave(arguments.open_competition(args), args.student_id)
    print(f"{name} has left {team}. A line of a roster puts them into a team again: leaderboard team import")
    return 0
