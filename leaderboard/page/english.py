"""English sentences of the page: the rules, and the time left."""

from __future__ import annotations

from leaderboard.competition.rules import Rules
from leaderboard.core.clock import HOUR, format_deadline, format_duration, format_time


def rule_lines(rules: Rules) -> list[str]:
    """What a team must know, one string per rule."""
    lines = [
        f"{_count(rules.daily_quota, 'entry', 'entries')} per day for each team; the day begins at midnight, "
        f"{rules.timezone}. Invalid files do not count as entries: at most {rules.daily_invalid} per day.",
        _picks(rules.picks),
        _deadline(rules),
        "If scores are equal, the earlier entry ranks first."
        if rules.tie == "earlier"
        else "If scores are equal, the teams share a rank.",
    ]
    if rules.ladder:
        lines.append("A score counts only if it beats the team's best by more than the paired standard error.")
    if rules.still_from is not None:
        own = "still sees" if rules.board_still_own_scores else "does not see"
        lines.append(
            f"The board stands still from {format_time(rules.still_from, rules.timezone)} until the end. Teams can "
            f"still submit; a team {own} its own scores."
        )
    return lines


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _picks(picks: int) -> str:
    if picks == 1:
        return "1 entry counts in the end: the one that the team selects, or else the one with its best public score."
    return f"{picks} entries count in the end: those that the team selects, or else those with its best public scores."


def _deadline(rules: Rules) -> str:
    if rules.closes_at is None:
        return "There is no deadline: the tutor ends the competition."
    last = format_deadline(rules.closes_at, rules.timezone, "%d %b %Y")
    late = "Later files are not accepted, unless the tutor has given your team more time."
    if rules.late_until is not None:
        until = format_deadline(rules.late_until, rules.timezone, "%d %b %Y")
        late = f"Later files are accepted until {until}: they are scored, marked late and not ranked."
    return f"The deadline is {last}. {late}"


def time_left(closes_at: int | None, now: int) -> str:
    """The time until the deadline, such as "3 days 4 h"; empty if there is no deadline or it is over."""
    if closes_at is None or now >= closes_at:
        return ""
    days, rest = divmod(closes_at - now, 24 * HOUR)
    if not days:
        return format_duration(rest)
    return f"{_count(days, 'day', 'days')} {rest // HOUR} h"
