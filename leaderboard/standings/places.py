"""The standings as everyone sees them, for the commands, the page and the server."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from leaderboard.standings import ranking
from leaderboard.standings.ranking import Entry, Standing
from leaderboard.storage import database


@dataclass(frozen=True)
class Move:
    """A team's place in two standings; `before` is None if it was not in the first."""

    after: Standing
    before: Standing | None

    @property
    def change(self) -> int | None:
        """Places won (positive) or lost; None for a baseline, or without a place before."""
        if self.before is None or self.before.rank is None or self.after.rank is None:
            return None
        return self.before.rank - self.after.rank


def moves(before: list[Standing], after: list[Standing]) -> list[Move]:
    """The places of the second standings, each with the team's place in the first."""
    old = {place.team.id: place for place in before}
    return [Move(place, old.get(place.team.id)) for place in after]


def public_places(
    connection: sa.Connection, tie: str, *, before: int | None, entries: list[Entry] | None = None
) -> list[Standing]:
    """The public standings with groups, from the entries before a moment (see competition/board_still.py).

    `entries`: these entries, if they have been read already.
    """
    if entries is None:
        entries = ranking.public_entries(connection, before=before)
    places = ranking.public_standings(connection, entries, tie)
    return ranking.add_groups(connection, places, database.public_scores)


def final_places(connection: sa.Connection, tie: str, picks: int) -> list[Move]:
    """The private standings with groups, each place with the team's public place."""
    entries = ranking.private_entries(connection)
    public = ranking.public_standings(connection, entries, tie)
    private = ranking.private_standings(connection, entries, tie, picks)
    return moves(public, ranking.add_groups(connection, private, database.private_scores))


def current_places(
    connection: sa.Connection,
    tie: str,
    picks: int,
    *,
    final: bool,
    before: int | None,
    entries: list[Entry] | None = None,
) -> list[Move]:
    """The private standings if `final`, else the public ones from the entries before `before`, without changes."""
    if final:
        return final_places(connection, tie, picks)
    places = public_places(connection, tie, before=before, entries=entries)
    return moves(places, places)


def is_revealed(connection: sa.Connection) -> bool:
    """Whether the private standings are public."""
    return connection.execute(sa.select(database.competition.c.revealed_at)).scalar() is not None
