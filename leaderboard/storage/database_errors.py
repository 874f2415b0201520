"""Errors of a database that a user can fix, each as one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from leaderboard.core.errors import LeaderboardError

EMPTIED = "the database was emptied: restore a backup"
EDITED = "the database was edited by hand: run leaderboard audit verify to see where"
# SQLSTATE codes of PostgreSQL for a missing privilege and for a read-only database.
_FORBIDDEN = ("42501", "25006")


@contextmanager
def explain_errors() -> Iterator[None]:
    """Turn errors that a user can fix (unreachable, locked, not writable) into LeaderboardError."""
    try:
        yield
    except exc.MultipleResultsFound:
        raise LeaderboardError(EDITED) from None
    except exc.DatabaseError as error:
        explained = _explanation(error)
        if explained is None:
            raise
        raise explained from None


def _explanation(error: exc.DatabaseError) -> LeaderboardError | None:
    """The error for the user; None if the error is a bug in this program."""
    reason = (str(error.orig).strip().splitlines() or [""])[0]
    if "no such table" in reason:
        return LeaderboardError(EMPTIED)
    if "is full" in reason or "No space left" in reason:
        return LeaderboardError("the disk is full, and nothing was changed: free some space", code="no_space")
    if getattr(error.orig, "sqlstate", None) in _FORBIDDEN:
        text = f"the database does not allow this ({reason}), and nothing was changed"
        return LeaderboardError(f"{text}: ask its administrator")
    if isinstance(error, exc.OperationalError):
        return LeaderboardError(f"the database does not answer ({reason}): check that it runs, and try again")
    if "has no equivalent in encoding" in reason:
        return LeaderboardError(f"the database cannot store the text ({reason}): use a database with the encoding UTF8")
    if isinstance(error, exc.ProgrammingError) and "does not exist" in str(error.orig):
        return LeaderboardError("the database holds no competition: was it made with leaderboard init?")
    if type(error) is exc.DatabaseError:
        return LeaderboardError(f"the database is damaged ({reason}): restore a backup")
    return None
