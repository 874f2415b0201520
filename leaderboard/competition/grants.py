"""Exceptions for one team until a given time: extra entries beyond the daily quota, a later deadline, or both.

An entry beyond the daily quota uses the team's grant that ends first; the log records which one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from leaderboard.competition import teams
from leaderboard.competition.competition import Competition, Transaction
from leaderboard.core.clock import format_deadline, format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.excluded import costs_quota
from leaderboard.storage import database

GRANTS, USES = database.grants, database.grant_uses
GIVEN, REVOKED, MOVED = "grant", "grant revoked", "grant moved"
COLUMNS = ("grant", "teamName", "entries", "used", "until", "reason", "given", "revoked")
MOST_ENTRIES, LONGEST_REASON = 1000, 200

# A grant that a void entry has given back counts as not used.
_PAID = USES.join(database.submissions, (database.submissions.c.id == USES.c.submission_id) & costs_quota())
_USED = sa.func.count(database.submissions.c.id).label("used")
_OF_TEAM = (
    sa.select(GRANTS, _USED)
    .outerjoin(_PAID, USES.c.grant_id == GRANTS.c.id)
    .where((GRANTS.c.team_id == sa.bindparam("team")) & GRANTS.c.revoked_at.is_(None))
    .where(GRANTS.c.until > sa.bindparam("moment"))
    .group_by(GRANTS.c.id)
    .order_by(GRANTS.c.until, GRANTS.c.id)
)


@dataclass(frozen=True)
class Allowance:
    """What a team's grants allow at a given time."""

    entries: int = 0
    """Extra entries left."""
    until: int = 0
    """When the last grant ends, in microseconds since 1970; 0 without a grant."""
    next: int | None = None
    """The number of the grant that the next extra entry uses; None without one."""


def allowance(connection: sa.Connection, team_id: int, at: int) -> Allowance:
    """What the team's grants allow at the time `at` (microseconds since 1970)."""
    rows = connection.execute(_OF_TEAM, {"team": team_id, "moment": at}).all()
    open_ = [row for row in rows if row.used < row.entries]
    left = sum(row.entries - row.used for row in open_)
    return Allowance(left, max((row.until for row in rows), default=0), open_[0].id if open_ else None)


def record_use(work: Transaction, number: int, grant: int) -> None:
    """Record that an entry uses a grant; the caller logs it with the entry."""
    work.execute(USES.insert().values(submission_id=number, grant_id=grant))


def give(competition: Competition, team: str, entries: int, until: str, reason: str) -> int:
    """Grant extra entries (0: only a later deadline) until a time, written like the deadline in the rules.

    Returns the number of the grant. Raises LeaderboardError for a value that is not valid or would change nothing.
    """
    if not 0 <= entries <= MOST_ENTRIES:
        raise LeaderboardError(f"--entries {entries}: it must be a number from 0 to {MOST_ENTRIES}")
    if not reason.strip() or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise LeaderboardError(f"--reason {reason[:40]!a}: write 1 to {LONGEST_REASON} printable characters")
    with competition.transaction() as work:
        row, end = teams.by_name(work.connection, team), _moment(competition, until)
        if row.baseline:
            raise LeaderboardError(f"{row.name!r} is a baseline: it has no quota")
        if end <= work.at:
            raise LeaderboardError(f"--until {until} is in the past: give a later time")
        closes = competition.rules.closes_at
        if entries == 0 and (closes is None or end <= closes):
            text = f"--until {until} is not after the deadline, and --entries is 0"
            raise LeaderboardError(f"{text}: grant entries or more time")
        number = (work.execute(sa.select(sa.func.max(GRANTS.c.id))).scalar() or 0) + 1
        details = {"entries": entries, "until": end, "reason": reason.strip()}
        work.execute(GRANTS.insert().values(id=number, team_id=row.id, at=work.at, **details))
        work.record(GIVEN, grant=number, team=row.name, **details)
    return number


def _moment(competition: Competition, text: str) -> int:
    try:
        closes = replace(competition.rules, deadline=text).closes_at
    except LeaderboardError:
        closes = None
    if closes is None:
        raise LeaderboardError(f"--until {text!r}: write it as 2026-12-20T18:00, or as 2026-12-20")
    return closes


def revoke(competition: Competition, number: int) -> None:
    """End a grant; entries that used it stay. Raises LeaderboardError if it does not exist or has ended."""
    with competition.transaction() as work:
        row = work.execute(sa.select(GRANTS).where(GRANTS.c.id == number)).first()
        if row is None or row.revoked_at is not None:
            what = "does not exist" if row is None else "is already revoked"
            raise LeaderboardError(f"grant {number} {what}: leaderboard team grants lists all")
        work.execute(GRANTS.update().where(GRANTS.c.id == number).values(revoked_at=work.at))
        work.record(REVOKED, grant=number)


def move_all(work: Transaction, source: sa.Row, target: sa.Row) -> int:
    """Move all grants that are not revoked from one team to another; their number."""
    going = (GRANTS.c.team_id == source.id) & GRANTS.c.revoked_at.is_(None)
    numbers = work.execute(sa.select(GRANTS.c.id).where(going).order_by(GRANTS.c.id)).scalars().all()
    for number in numbers:
        work.execute(GRANTS.update().where(GRANTS.c.id == number).values(team_id=target.id))
        work.record(MOVED, grant=number, team=source.name, to=target.name)
    return len(numbers)


def latest_end(connection: sa.Connection, at: int) -> tuple[str, int] | None:
    """The team whose grant ends last, and when (microseconds since 1970); None if no grant lasts beyond `at`."""
    statement = sa.select(database.teams.c.name, GRANTS.c.until).join(database.teams)
    going = GRANTS.c.revoked_at.is_(None) & (GRANTS.c.until > at) & ~database.teams.c.disabled
    row = connection.execute(statement.where(going).order_by(GRANTS.c.until.desc()).limit(1)).first()
    return None if row is None else (row.name, row.until)


def grant_rows(competition: Competition) -> list[dict[str, Any]]:
    """All grants, in order."""
    zone = competition.rules.timezone
    statement = (
        sa.select(GRANTS, database.teams.c.name.label("team"), _USED)
        .join(database.teams, database.teams.c.id == GRANTS.c.team_id)
        .outerjoin(_PAID, USES.c.grant_id == GRANTS.c.id)
        .group_by(GRANTS.c.id, database.teams.c.name)
        .order_by(GRANTS.c.id)
    )
    with competition.read_transaction() as connection:
        rows = connection.execute(statement).all()
    return [
        {
            "grant": row.id,
            "teamName": row.team,
            "entries": row.entries,
            "used": row.used,
            "until": format_deadline(row.until, zone),
            "reason": row.reason,
            "given": format_time(row.at, zone),
            "revoked": "" if row.revoked_at is None else format_time(row.revoked_at, zone),
        }
        for row in rows
    ]
