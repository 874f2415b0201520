"""The board stands still: from a time that the rules set until the reveal, it shows no new entry."""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.core.clock import format_time
from leaderboard.standings.places import is_revealed


def since(competition: Competition, connection: sa.Connection) -> int | None:
    """Since when the board stands still, in microseconds since 1970; None before that time and after the reveal.

    Entries from that time on are in no public standings. All code that shows standings calls this function.
    """
    start = competition.rules.still_from
    if start is None or competition.clock() < start or is_revealed(connection):
        return None
    return start


def own_scores_hidden_since(competition: Competition, connection: sa.Connection) -> int | None:
    """Since when a team does not see the scores of its own new entries either; None if it sees them."""
    return None if competition.rules.board_still_own_scores else since(competition, connection)


def text(competition: Competition, moment: int) -> str:
    """One sentence for people: since when the board stands still, and until when."""
    return (
        f"The board has stood still since {format_time(moment, competition.rules.timezone)} and stays so until the end."
    )
