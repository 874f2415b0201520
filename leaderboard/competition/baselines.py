"""Baselines: entries of the tutor that are shown but not ranked."""

from __future__ import annotations

from pathlib import Path

from leaderboard.competition import entries, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.submission import Report


def create_if_missing(competition: Competition, name: str, path: Path) -> Report | None:
    """Make the baseline `name` if it does not exist. If the file is not valid, make nothing and return its report.

    Raises LeaderboardError if a team has this name, RefusedError if no entries are accepted now.
    """
    if not _is_new(competition, name):
        return None
    report = entries.judge(competition, path)
    if not report.valid:
        return report
    teams.add(competition, name, baseline=True)
    return None


def _is_new(competition: Competition, name: str) -> bool:
    with competition.read_transaction() as connection:
        try:
            team = teams.by_name(connection, name)
        except LeaderboardError:
            return True
    if not team.baseline:
        raise LeaderboardError(f"{name!r} is a team, not a baseline: leave out --baseline")
    return False
