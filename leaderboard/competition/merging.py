"""Merge two teams, and split a team. Each entry belongs to one team, and counts only in the quota of that team.

If both teams entered the same file, the merged team keeps one of the two entries: the one that ranks, or the earlier
one if both or neither ranks. The other entry stays with the team that ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from leaderboard.competition import exclusions, grants, members, teams
from leaderboard.competition.competition import Competition, Transaction
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.excluded import exclusions_in_force
from leaderboard.storage import database

ENTRIES = database.submissions
MERGED, SPLIT = "team merged", "team split"
# The stored hash while two entries of one file change teams: no file has this hash.
MOVING_HASH = "on the way to another team"


@dataclass(frozen=True)
class MergeResult:
    """How many entries, members and grants were moved, and how many entries stayed because their files are there."""

    entries: int
    members: int
    grants: int
    stayed: int


def merge(competition: Competition, name: str, into: str) -> MergeResult:
    """Merge the team `name` into the team `into`, and disable it; its invalid files stay with it.

    Members and grants are moved. The picks of `into` stay; if it has none, it gets those of `name`. Raises
    LeaderboardError for a baseline, a disabled team, or the same team twice.
    """
    with competition.transaction() as work:
        source, target = (_active_team(work, each) for each in (name, into))
        if source.id == target.id:
            raise LeaderboardError(f"{source.name!r} cannot be merged into itself: name another team after --into")
        stands = _standing_entries(work, source, target)
        picks = _picks(work, target) or _picks(work, source)
        moved = _move_entries(work, source, target, stands)
        _pick(work, target, {stands[number] for number in picks})
        _pick(work, source, set())
        people = members.team_members(work.connection, source.id)
        for member in people:
            members.move_in_transaction(work, member, target)
        granted = grants.move_all(work, source, target)
        teams.disable_in_transaction(work, source)
        stayed = sum(number != other for number, other in stands.items())
        done = MergeResult(moved, len(people), granted, stayed)
        work.record(MERGED, team=source.name, into=target.name)
    return done


def _active_team(work: Transaction, name: str) -> sa.Row:
    team = teams.by_name(work.connection, name)
    if team.baseline:
        raise LeaderboardError(f"{team.name!r} is a baseline: name a team")
    if team.disabled:
        undo = f"leaderboard team disable --undo {team.name!r}"
        raise LeaderboardError(f"{team.name!r} is disabled: enable it first, with {undo}")
    return team


def _standing_entries(work: Transaction, source: sa.Row, target: sa.Row) -> dict[int, int]:
    """For each entry of both teams, the entry of the same file that the merged team keeps."""
    rows = work.execute(sa.select(ENTRIES).where(ENTRIES.c.team_id.in_((source.id, target.id)))).all()
    excluded = exclusions_in_force(work.connection)
    best: dict[str, tuple[bool, int]] = {}
    for row in rows:
        key = row.id in excluded, row.id
        best[row.sha256] = min(best.get(row.sha256, key), key)
    return {row.id: best[row.sha256][1] for row in rows}


def _move_entries(work: Transaction, source: sa.Row, target: sa.Row, stands: dict[int, int]) -> int:
    """Move the kept entries to the target, and those they replace to the source; how many went to the target."""
    rows = {row.id: row for row in work.execute(sa.select(ENTRIES).where(ENTRIES.c.id.in_(stands)))}
    replaced = {stands[number]: number for number in stands if number != stands[number]}
    going = [n for n, row in rows.items() if row.team_id == source.id and stands[n] == n]
    for number in sorted(going):
        # In the database no team can have a file twice, not even for a moment.
        _set_file(work, number, MOVING_HASH)
        if number in replaced:
            exclusions.move_entry(work, replaced[number], target, source, f"the same file as entry {number}")
        exclusions.move_entry(work, number, source, target, f"merged into {target.name}")
        _set_file(work, number, rows[number].sha256)
    return len(going)


def _set_file(work: Transaction, number: int, sha256: str) -> None:
    work.execute(ENTRIES.update().where(ENTRIES.c.id == number).values(sha256=sha256))


def _picks(work: Transaction, team: sa.Row) -> set[int]:
    return set(work.execute(sa.select(ENTRIES.c.id).where((ENTRIES.c.team_id == team.id) & ENTRIES.c.picked)).scalars())


def _pick(work: Transaction, team: sa.Row, numbers: set[int]) -> None:
    """Make these the team's picks, unless they are already."""
    if _picks(work, team) != numbers:
        chosen = ENTRIES.c.id.in_(numbers)
        work.execute(ENTRIES.update().where(ENTRIES.c.team_id == team.id).values(picked=chosen))
        work.record("picks", team=team.name, submissions=sorted(numbers))


def split(competition: Competition, name: str, new: str, students: Sequence[str], numbers: Sequence[int]) -> str:
    """Make a new team from some members (by student id) and entries of a team; its token, which is shown only once.

    A moved entry counts in the new team's quota of its day, and is not picked. Grants stay with the old team. Raises
    LeaderboardError if a student is not a member, if no member would stay, or for an entry of another team.
    """
    with competition.transaction() as work:
        old = _active_team(work, name)
        leaving = _members_named(work, old, students)
        own = set(work.execute(sa.select(ENTRIES.c.id).where(ENTRIES.c.team_id == old.id)).scalars())
        for number in numbers:
            if number not in own:
                text = f"entry {number} does not belong to {old.name!r}"
                raise LeaderboardError(f"{text}: leaderboard submissions --team {old.name!r} lists its entries")
        added, token = teams.add_in_transaction(work, new)
        team = teams.by_name(work.connection, added)
        for member in leaving:
            members.move_in_transaction(work, member, team)
        for number in sorted(set(numbers)):
            exclusions.move_entry(work, number, old, team, f"split from {old.name}")
        work.record(SPLIT, team=old.name, to=team.name)
    return token


def _members_named(work: Transaction, team: sa.Row, students: Sequence[str]) -> list[sa.Row]:
    known = {row.student_id: row for row in members.team_members(work.connection, team.id)}
    for student in students:
        if student not in known:
            text = f"no member of {team.name!r} has the student id {student!r}"
            raise LeaderboardError(f"{text}: leaderboard team members {team.name!r} lists them")
    if len(set(students)) == len(known):
        text = f"no member would stay in {team.name!r}"
        raise LeaderboardError(f"{text}: to change only the name, run leaderboard team rename")
    return [known[student] for student in dict.fromkeys(students)]
