"""The rules as the page says them."""

import pytest

from leaderboard.competition.rules import Rules
from leaderboard.core.clock import HOUR
from leaderboard.page.english import rule_lines, time_left


def lines(**rules: object) -> str:
    return "\n".join(rule_lines(Rules(name="x", classes=("a", "b"), **rules)))


def test_each_rule_that_a_team_must_know_is_said() -> None:
    plain = lines(timezone="Europe/Berlin", deadline="2026-12-20 18:00")
    assert "5 entries per day for each team; the day begins at midnight, Europe/Berlin." in plain
    assert "at most 20 per day" in plain
    assert "The deadline is 20 Dec 2026 18:00 CET." in plain
    assert "beats" not in plain
    assert "stands still" not in plain
    other = lines(daily_quota=1, picks=1, tie="shared", ladder=True, deadline="2026-12-20", board_still_from="3 days")
    assert other.startswith("1 entry per day")
    assert "1 entry counts in the end" in other
    assert "share a rank" in other
    assert "beats the team's best" in other
    assert "stands still from 2026-12-18 00:00:00 UTC" in other
    assert "still sees its own scores" in other
    hidden = lines(deadline="2026-12-20", board_still_from="3 days", board_still_own_scores=False)
    assert "does not see its own scores" in hidden
    assert "There is no deadline" in lines()
    late = lines(deadline="2026-12-20", late="2 days")
    assert "accepted until the end of 22 Dec 2026 (UTC): they are scored, marked late and not ranked." in late


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (75 * HOUR, "3 days 3 h"),
        (24 * HOUR, "1 day 0 h"),
        (HOUR + 1, "1 h 0 min"),
        (1_000_000, "1 s"),
        (0, ""),
        (-5, ""),
    ],
)
def test_time_left(left: int, text: str) -> None:
    assert time_left(1_000 * HOUR + left, 1_000 * HOUR) == text
    assert time_left(None, 0) == ""
