"""What holds for a competition as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.competition import entries
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from tests.leaderboard.conftest import edited

Make, Entry = Callable[..., Competition], Callable[..., Path]


def test_the_classes_cannot_be_edited(make: Make, entry: Entry) -> None:
    competition = edited(make(), '"dog"]', '"dog", "zebra"]')
    with pytest.raises(LeaderboardError, match="classes cannot change"):
        entries.submit(competition, "a", entry())
    with pytest.raises(LeaderboardError, match="classes cannot change"):
        competition.log_rules()
