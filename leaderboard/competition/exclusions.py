"""Entries that do not rank (late, withdrawn by their team, made void by the tutor) and entries moved to another team.

Nothing is deleted: the entry stays in the log, its file is kept, and each of these actions can be undone.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from leaderboard.competition import grants, teams
from leaderboard.competition.competition import Competition, Transaction
from leaderboard.core.clock import format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database

EXCLUSIONS, MOVES, ENTRIES = database.exclusions, database.entry_moves, database.submissions
LATE, WITHDRAWN, VOID = "late", "withdrawn", "void"
EXCLUDED, ENDED, MOVED = "entry excluded", "exclusion ended", "entry moved"
COLUMNS = ("ref", "teamName", "what", "reason", "since", "ended", "quota")


def withdraw(competition: Competition, team: str | int, number: int) -> None:
    """Withdraw a team's own entry while entries are accepted; it still uses up quota. Raises LeaderboardError.

    `team` is its name or its number.
    """
    with competition.transaction() as work:
        row = teams.by_name_or_id(work.connection, team)
        competition.require_open(work.state, work.at, grants.allowance(work.connection, row.id, work.at).until)
        entry = work.execute(sa.select(ENTRIES).where(ENTRIES.c.id == number)).first()
        if entry is None or entry.team_id != row.id:
            text = f"entry {number} does not belong to {row.name!r}: leaderboard submissions lists its entries"
            raise LeaderboardError(text, code="invalid")
        _require_ranked(work, number)
        exclude(work, number, WITHDRAWN)


def void(competition: Competition, number: int, reason: str, *, gives_back: bool = False) -> None:
    """Make an entry void, for a reason that its team can read. With `gives_back` it no longer uses up quota."""
    _require_reason(reason)
    with competition.transaction() as work:
        _entry(work, number)
        _require_ranked(work, number)
        exclude(work, number, VOID, reason.strip(), gives_back=gives_back)


def restore(competition: Competition, number: int) -> str:
    """Let an excluded entry rank; what it was: late, withdrawn or void. Raises LeaderboardError if it ranks already."""
    with competition.transaction() as work:
        _entry(work, number)
        row = _in_force(work, number)
        if row is None:
            raise LeaderboardError(f"entry {number} ranks already: it is not late, withdrawn or void")
        work.execute(EXCLUSIONS.update().where(EXCLUSIONS.c.id == row.id).values(ended_at=work.at))
        work.record(ENDED, exclusion=row.id, submission=number)
        return row.kind


def move(competition: Competition, number: int, to: str, reason: str) -> tuple[str, str]:
    """Move an entry to the team `to`, in whose quota it counts; it is no longer picked. The names of both teams."""
    _require_reason(reason)
    with competition.transaction() as work:
        entry, team = _entry(work, number), teams.by_name(work.connection, to)
        if entry.team_id == team.id:
            raise LeaderboardError(f"entry {number} already belongs to {team.name!r}: name another team")
        same = sa.select(ENTRIES.c.id).where((ENTRIES.c.team_id == team.id) & (ENTRIES.c.sha256 == entry.sha256))
        other = work.execute(same).scalar()
        if other is not None:
            text = f"{team.name!r} has the same file, as entry {other}"
            raise LeaderboardError(f"{text}: leaderboard entry void {number} takes this one off the board")
        before = teams.by_id(work.connection, entry.team_id)
        move_entry(work, number, before, team, reason.strip())
        return before.name, team.name


def move_entry(work: Transaction, number: int, before: sa.Row, after: sa.Row, reason: str) -> None:
    """Move an entry from the team `before` to the team `after`, and log it."""
    made = {"submission_id": number, "at": work.at, "from_id": before.id, "to_id": after.id, "reason": reason}
    work.execute(MOVES.insert().values(id=_next_id(work, MOVES), **made))
    work.execute(ENTRIES.update().where(ENTRIES.c.id == number).values(team_id=after.id, picked=False))
    work.record(MOVED, submission=number, team=before.name, to=after.name, reason=reason)


def exclude(work: Transaction, number: int, kind: str, reason: str = "", *, gives_back: bool = False) -> None:
    """Exclude an entry from the ranking, and log it."""
    key = _next_id(work, EXCLUSIONS)
    details = {"kind": kind, "reason": reason, "gives_back": gives_back}
    work.execute(EXCLUSIONS.insert().values(id=key, submission_id=number, at=work.at, **details))
    work.record(EXCLUDED, exclusion=key, submission=number, **details)


def action_rows(competition: Competition) -> list[dict[str, Any]]:
    """All exclusions, also those that have ended, and all moves, sorted by time."""
    with competition.read_transaction() as connection:
        names = database.select_dict(connection, sa.select(database.teams.c.id, database.teams.c.name))
        team_of = database.select_dict(connection, sa.select(ENTRIES.c.id, ENTRIES.c.team_id))
        excluded = connection.execute(sa.select(EXCLUSIONS)).all()
        moved = connection.execute(sa.select(MOVES)).all()
    zone = competition.rules.timezone
    acts = [(row.at, row.submission_id, row.kind, row.reason, row.ended_at, row.gives_back) for row in excluded]
    for row in moved:
        acts.append((row.at, row.submission_id, f"moved from {names[row.from_id]}", row.reason, None, None))
    return [
        {
            "ref": number,
            "teamName": names[team_of[number]],
            "what": what,
            "reason": reason,
            "since": format_time(at, zone),
            "ended": "" if ended is None else format_time(ended, zone),
            "quota": "" if back is None else "given back" if back else "used",
        }
        for at, number, what, reason, ended, back in sorted(acts, key=lambda act: act[:2])
    ]


def _entry(work: Transaction, number: int) -> sa.Row:
    entry = work.execute(sa.select(ENTRIES).where(ENTRIES.c.id == number)).first()
    if entry is None:
        text = f"entry {number} does not exist: leaderboard submissions lists all entries"
        raise LeaderboardError(text, code="invalid")
    return entry


def _in_force(work: Transaction, number: int) -> sa.Row | None:
    open_ = (EXCLUSIONS.c.submission_id == number) & EXCLUSIONS.c.ended_at.is_(None)
    return work.execute(sa.select(EXCLUSIONS).where(open_)).first()


def _require_ranked(work: Transaction, number: int) -> None:
    row = _in_force(work, number)
    if row is not None:
        text = f"entry {number} is {row.kind} already, so it does not rank"
        raise LeaderboardError(f"{text}: leaderboard entry restore {number} undoes that", code="conflict")


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > grants.LONGEST_REASON or not reason.isprintable():
        raise LeaderboardError(f"--reason {reason[:40]!a}: write 1 to {grants.LONGEST_REASON} printable characters")


def _next_id(work: Transaction, table: sa.Table) -> int:
    return (work.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0) + 1
