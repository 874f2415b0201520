"""Read the files of accepted entries again."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring.solution import Solution
from leaderboard.standings import ranking
from leaderboard.storage import database
from leaderboard.submission import Report, validate_bytes


def stored_report(competition: Competition, solution: Solution, number: int, sha256: str) -> Report:
    """The report on an accepted file. Probabilities are allowed, whatever the rules say now, as when the file came.

    Raises LeaderboardError if the file was damaged.
    """
    report = validate_bytes(competition.archive.get(sha256), solution.expected(probabilities=True))
    if report.codes is None:
        raise LeaderboardError(f"the stored file of entry {number} is damaged: run leaderboard audit verify")
    return report


def stored_codes(competition: Competition, solution: Solution, number: int, sha256: str) -> np.ndarray:
    """The class codes (int16, one per row of the solution) of an accepted file. Raises LeaderboardError."""
    codes = stored_report(competition, solution, number, sha256).codes
    assert codes is not None, "stored_report raises for a file without codes"
    return codes


def current_report(competition: Competition, number: int) -> tuple[Solution, Report]:
    """The solution in use, and the report on the file of an entry. Raises LeaderboardError if it does not exist."""
    with competition.read_transaction() as connection:
        revision = ranking.current_revision(connection)
        files = database.select_dict(connection, sa.select(database.submissions.c.id, database.submissions.c.sha256))
    if number not in files:
        raise LeaderboardError(f"entry {number} does not exist: leaderboard submissions lists all entries")
    solution = competition.solution(revision)
    return solution, stored_report(competition, solution, number, files[number])
