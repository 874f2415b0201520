"""The board stands still: from a moment that the rules name until the reveal it shows no later entry."""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.core.clock import format_time
from leaderboard.standings.assembly import is_revealed


def since(competition: Competition, connection: sa.Connection) -> int | None:
    """The moment since when the board stands still; None while it moves: before that moment, and after the reveal.

    Entries that came at that moment or later are on no public standings. Whatever shows standings asks here.
    """
    start = competition.rules.still_from
    if start is None or competition.clock() < start or is_revealed(connection):
        return None
    return start


def own_scores_hidden_since(competition: Competition, connection: sa.Connection) -> int | None:
    """From when on a team does not see the scores of its own entries either; None where it sees them."""
    return None if competition.rules.board_still_own_scores else since(competition, connection)


def text(competition: Competition, moment: int) -> str:
    """One sentence for people: since when the board stands still, and until when."""
    return (
        f"The board has stood still since {format_time(moment, competition.rules.timezone)} and stays so until the end."
    )
