"""The members of teams. The log has a keyed hash of each: it reveals an edit, and contains no personal data."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from leaderboard.competition import teams
from leaderboard.competition.competition import Competition, Transaction
from leaderboard.competition.roster_file import Problem, Row
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database

MEMBERS = database.members
ADDED, LEFT = "member added", "member left"
COLUMNS = ("teamName", "name", "studentId", "email")


@dataclass(frozen=True)
class NewTeam:
    """A new team with its token, which is shown only once, and its members."""

    number: int
    name: str
    token: str
    members: tuple[Row, ...]


@dataclass(frozen=True)
class ImportResult:
    """The new teams, how many members were added, and how many were in the same team already."""

    teams: list[NewTeam]
    added: int
    unchanged: int


def member_digest(secret: str, name: str, student_id: str, email: str) -> str:
    """The HMAC-SHA256 of a member for the log. With a plain hash, one could find a student by trying all ids."""
    return hmac.new(secret.encode(), json.dumps([name, student_id, email]).encode(), hashlib.sha256).hexdigest()


def import_roster(
    competition: Competition, rows: list[Row], problems: list[Problem], deliver: Callable[[list[NewTeam]], None]
) -> ImportResult:
    """Add the teams and members of a roster, all or none. Raises RosterError with every problem.

    `problems` are those found in the file. `deliver` gets the new teams with their tokens before the commit: if it
    raises an error, nothing is added.
    """
    with competition.transaction() as work:
        known = current(work.connection)
        new = [row for row in rows if not any(_is_same(member, row) for member in known)]
        issued, wrong = _add_teams(work, new)
        _refuse([*problems, *_taken(new, known), *wrong])
        for row in new:
            _add(work, teams.by_name(work.connection, row.team), row.name, row.student_id, row.email)
        deliver(issued)
    return ImportResult(issued, len(new), len(rows) - len(new))


class RosterError(LeaderboardError):
    """The problems to fix before a roster can be imported, one in each string of `lines`."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"nothing was imported; problems to fix in the roster: {len(problems)}")
        self.lines = [f"line {line}: {text}" for line, text in sorted(problems)]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise RosterError(problems)


def _is_same(member: sa.Row, row: Row) -> bool:
    identity = (row.name, row.student_id, row.email, teams.normalize_name(row.team))
    return (member.name, member.student_id, member.email, teams.normalize_name(member.team)) == identity


def _taken(rows: list[Row], known: list[sa.Row]) -> Iterator[Problem]:
    """Rows that have the student id or the e-mail of a member, but differ from that member."""
    ids = {member.student_id: member for member in known}
    emails = {member.email.casefold(): member for member in known}
    for row in rows:
        member = ids.get(row.student_id) or emails.get(row.email.casefold())
        if member is not None:
            who = f"{member.name} ({member.student_id}, {member.email}) is in {member.team!r}"
            yield row.line, f"{who}: write the line like this, or see leaderboard team move and leave"


def _add_teams(work: Transaction, rows: list[Row]) -> tuple[list[NewTeam], list[Problem]]:
    """Add the teams that are new; return them, and the problems with team names."""
    of_team: dict[str, list[Row]] = {}
    for row in rows:
        of_team.setdefault(teams.normalize_name(row.team), []).append(row)
    issued, problems = [], []
    for members in of_team.values():
        name, line = members[0].team, members[0].line
        try:
            found = teams.find_by_name(work.connection, name)
            if found is None:
                added, token = teams.add_in_transaction(work, name)
                number = teams.by_name(work.connection, added).id
                issued.append(NewTeam(number, added, token, tuple(members)))
            elif found.baseline:
                problems.append((line, f"{found.name!r} is a baseline, not a team: choose another name"))
        except LeaderboardError as error:
            problems.append((line, str(error)))
    return issued, problems


def _add(work: Transaction, team: sa.Row, name: str, student_id: str, email: str) -> None:
    person = {"name": name, "student_id": student_id, "email": email}
    work.execute(MEMBERS.insert().values(team_id=team.id, joined_at=work.at, **person))
    work.record(ADDED, team=team.name, member=member_digest(work.state.secret, **person))


def move(competition: Competition, student_id: str, team: str) -> tuple[str, str]:
    """Move a member to another team; entries stay. Returns the member's name and the old team's name."""
    with competition.transaction() as work:
        member, to = _find(work.connection, student_id), teams.by_name(work.connection, team)
        if to.baseline or to.id == member.team_id:
            what = "is a baseline" if to.baseline else f"has {member.name} already"
            raise LeaderboardError(f"{to.name!r} {what}: name another team")
        move_in_transaction(work, member, to)
    return member.name, member.team


def move_in_transaction(work: Transaction, member: sa.Row, to: sa.Row) -> None:
    """Move a member, a row of `current`, to another team as part of a transaction."""
    _end(work, member)
    _add(work, to, member.name, member.student_id, member.email)


def leave(competition: Competition, student_id: str) -> tuple[str, str]:
    """End a membership; the member's name and the team's. A new import can add the member again."""
    with competition.transaction() as work:
        member = _find(work.connection, student_id)
        _end(work, member)
    return member.name, member.team


def _end(work: Transaction, member: sa.Row) -> None:
    work.execute(MEMBERS.update().where(MEMBERS.c.id == member.id).values(left_at=work.at))
    digest = member_digest(work.state.secret, member.name, member.student_id, member.email)
    work.record(LEFT, team=member.team, member=digest)


def _find(connection: sa.Connection, student_id: str) -> sa.Row:
    for row in current(connection):
        if row.student_id == student_id.strip():
            return row
    raise LeaderboardError(f"no member has the student id {student_id!r}: leaderboard team members lists all")


def current(connection: sa.Connection) -> list[sa.Row]:
    """The current members of all teams, with the team's current name as `team`."""
    statement = sa.select(MEMBERS, database.teams.c.name.label("team")).join(database.teams)
    return list(connection.execute(statement.where(MEMBERS.c.left_at.is_(None)).order_by(MEMBERS.c.id)))


def team_members(connection: sa.Connection, team_id: int) -> list[sa.Row]:
    """The current members of the team with this number."""
    return [row for row in current(connection) if row.team_id == team_id]


def member_rows(competition: Competition, team: str | None) -> list[dict[str, Any]]:
    """One row per member, sorted by team; of one team, or of all. Raises LeaderboardError if it does not exist."""
    with competition.read_transaction() as connection:
        wanted = None if team is None else teams.by_name(connection, team).id
        rows = sorted(current(connection), key=lambda row: (row.team_id, row.id))
    return [
        dict(zip(COLUMNS, (row.team, row.name, row.student_id, row.email), strict=True))
        for row in rows
        if wanted in (None, row.team_id)
    ]
