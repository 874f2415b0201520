"""Find the sample submission of a competition, to check a file against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from leaderboard.competition import folder
from leaderboard.competition.rules import read_rules
from leaderboard.core.errors import LeaderboardError


@dataclass(frozen=True)
class Sample:
    """The sample file, and what the rules say about a submission."""

    path: Path
    classes: tuple[str, ...]
    probabilities: bool


def find_sample(given: Path | None, environment: Mapping[str, str]) -> Sample:
    """The sample of the competition that `folder.find_competition` finds. Raises LeaderboardError."""
    try:
        root = folder.find_competition(given, environment)
    except LeaderboardError as error:
        raise LeaderboardError(f"{error}; without the folder, use --sample sample_submission.csv") from None
    _, rules = read_rules(root / folder.RULES)
    return Sample(root / folder.SAMPLE, rules.classes, rules.probabilities)
