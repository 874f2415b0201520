"""The end of a competition: freeze and reveal."""

from __future__ import annotations

from leaderboard.competition import grants
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.places import Move, final_places
from leaderboard.storage import database


def set_frozen(competition: Competition, frozen: bool) -> None:
    """Stop taking entries and picks, or take them again. Raises LeaderboardError once the competition is revealed."""
    with competition.transaction() as work:
        if work.state.revealed_at is not None:
            raise LeaderboardError("the private standings are revealed: the competition stays frozen")
        if frozen == (work.state.frozen_at is not None):
            raise LeaderboardError("the competition is already frozen" if frozen else "the competition is not frozen")
        work.execute(database.competition.update().values(frozen_at=work.at if frozen else None))
        work.record("frozen" if frozen else "unfrozen")


def reveal(competition: Competition) -> list[Move]:
    """Make the private standings public, for ever. Raises LeaderboardError while entries are still accepted."""
    with competition.transaction() as work:
        closes = competition.rules.closes_at
        if work.state.frozen_at is None and (closes is None or work.at < closes):
            raise LeaderboardError("entries are still accepted: run leaderboard freeze first")
        granted = grants.latest_end(work.connection, work.at)
        if work.state.frozen_at is None and granted is not None:
            name, until = granted
            text = f"{name!r} may enter until {format_time(until, competition.rules.timezone)}, as granted"
            raise LeaderboardError(f"{text}: run leaderboard freeze first, or wait")
        late = competition.rules.late_until
        if work.state.frozen_at is None and late is not None and work.at < late:
            text = f"late files are accepted until {format_time(late, competition.rules.timezone)}"
            raise LeaderboardError(f"{text}: run leaderboard freeze first, or wait")
        standings = final_places(work.connection, competition.rules.tie, competition.rules.picks)
        if work.state.revealed_at is None:
            work.execute(
                database.competition.update().values(revealed_at=work.at, frozen_at=work.state.frozen_at or work.at)
            )
            work.record(
                "revealed", standings=[[m.after.rank, m.after.team.name, m.after.score.hits] for m in standings]
            )
    return standings
