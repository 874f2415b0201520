"""The files of accepted entries, read again."""

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
    """The report on an accepted file. It is read as when it came: with probabilities, whatever the rules say by now.

    Raises LeaderboardError where the file has been damaged since.
    """
    report = validate_bytes(competition.archive.get(sha256), solution.expected(probabilities=True))
    if report.codes is None:
        raise LeaderboardError(f"the kept file of entry {number} is damaged: run leaderboard audit verify")
    return report


def stored_codes(competition: Competition, solution: Solution, number: int, sha256: str) -> np.ndarray:
    """The class codes (int16, one per row of the solution) of an accepted file. Raises LeaderboardError."""
    codes = stored_report(competition, solution, number, sha256).codes
    assert codes is not None, "stored_report raises for a file without codes"
    return codes


def current_report(competition: Competition, number: int) -> tuple[Solution, Report]:
    """The solution in use, and the report on the file of an entry. Raises LeaderboardError when there is none."""
    with competition.reading() as connection:
        revision = ranking.current_revision(connection)
        files = database.select_dict(connection, sa.select(database.submissions.c.id, database.submissions.c.sha256))
    if number not in files:
        raise LeaderboardError(f"there is no entry {number}: leaderboard submissions shows them")
    solution = competition.solution(revision)
    return solution, stored_report(competition, solution, number, files[number])
