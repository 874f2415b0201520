"""Faults of a database that a user can put right, each in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from leaderboard.core.errors import LeaderboardError

EMPTIED = "the database holds no competition: it was emptied, go on from a backup"
EDITED = "the database was edited by hand: leaderboard audit verify says where"
# What PostgreSQL says of a right that is lacking, and of a database that may only be read.
_FORBIDDEN = ("42501", "25006")


@contextmanager
def explain_errors() -> Iterator[None]:
    """Turn what a user can put right (unreachable, locked, not writable) into LeaderboardError."""
    try:
        yield
    except exc.MultipleResultsFound:
        raise LeaderboardError(EDITED) from None
    except exc.DatabaseError as error:
        told = _explanation(error)
        if told is None:
            raise
        raise told from None


def _explanation(error: exc.DatabaseError) -> LeaderboardError | None:
    """None for a mistake of this program."""
    reason = (str(error.orig).strip().splitlines() or [""])[0]
    if "no such table" in reason:
        return LeaderboardError(EMPTIED)
    if "is full" in reason or "No space left" in reason:
        return LeaderboardError("the disk is full: nothing was changed; make room", code="no_space")
    if getattr(error.orig, "sqlstate", None) in _FORBIDDEN:
        return LeaderboardError(f"the database forbids it ({reason}): nothing was changed; ask its administrator")
    if isinstance(error, exc.OperationalError):
        return LeaderboardError(f"the database does not answer: {reason}")
    if "has no equivalent in encoding" in reason:
        return LeaderboardError(f"the database cannot hold the text ({reason}): move to one in UTF8")
    if isinstance(error, exc.ProgrammingError) and "does not exist" in str(error.orig):
        return LeaderboardError("the database holds no competition: was it made with leaderboard init?")
    if type(error) is exc.DatabaseError:
        return LeaderboardError(f"the database is damaged ({reason}): go on from a backup")
    return None
