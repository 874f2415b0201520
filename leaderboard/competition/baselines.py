"""Baselines: entries of the tutor that are shown and not ranked."""

from __future__ import annotations

from pathlib import Path

from leaderboard.competition import entries, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.submission import Report


def make_if_new(competition: Competition, name: str, path: Path) -> Report | None:
    """Make the baseline of that name if there is none; a file that is not valid makes none, and its report comes back.

    Raises LeaderboardError when the name is that of a team, RefusedError when nothing can be entered now.
    """
    if not _is_new(competition, name):
        return None
    report = entries.judge(competition, path)
    if not report.valid:
        return report
    teams.add(competition, name, baseline=True)
    return None


def _is_new(competition: Competition, name: str) -> bool:
    with competition.reading() as connection:
        try:
            team = teams.by_name(connection, name)
        except LeaderboardError:
            return True
    if not team.baseline:
        raise LeaderboardError(f"{name!r} is a team, not a baseline: leave out --baseline")
    return False
