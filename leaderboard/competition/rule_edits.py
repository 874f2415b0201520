"""Change the rules of a competition that runs."""

from __future__ import annotations

from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import RULES
from leaderboard.competition.rules import parse_rules
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database
from leaderboard.storage.files import write_whole


def replace(competition: Competition, text: str) -> None:
    """Put a new text into rules.toml, and log it. A text that cannot be used changes nothing: LeaderboardError."""
    if parse_rules(text, RULES).classes != competition.rules.classes:
        raise LeaderboardError(f"{RULES}: the classes cannot change any more")
    if not competition.shared:
        write_whole(competition.root / RULES, text.encode())
        competition.log_rules()
        return
    with competition.transaction() as work:
        work.execute(database.competition.update().values(rules=text))
        work.record("rules", rules=text)
    competition.log_rules()
