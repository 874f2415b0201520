"""The entries that a team selects for the private standings."""

from __future__ import annotations

import sqlalchemy as sa

from leaderboard.competition import grants, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.excluded import exclusions_in_force
from leaderboard.storage import database


def select(competition: Competition, team: str | int, numbers: list[int]) -> None:
    """Select the entries that count in the private standings; without any, the best by public score count.

    `team` is its name or its number.
    """
    with competition.transaction() as work:
        row = teams.by_name_or_id(work.connection, team)
        competition.require_open(work.state, work.at, grants.allowance(work.connection, row.id, work.at).until)
        if len(set(numbers)) > competition.rules.picks:
            raise LeaderboardError(
                f"at most {competition.rules.picks} entries can be selected, not {len(set(numbers))}", code="invalid"
            )
        table = database.submissions
        own = set(work.execute(sa.select(table.c.id).where(table.c.team_id == row.id)).scalars())
        excluded = exclusions_in_force(work.connection)
        for number in numbers:
            if number not in own:
                text = f"entry {number} does not belong to {row.name!r}: leaderboard submissions lists its entries"
                raise LeaderboardError(text, code="invalid")
            if number in excluded:
                text = f"entry {number} is {excluded[number].kind} and does not rank: choose another"
                raise LeaderboardError(text, code="invalid")
        picked = table.c.id.in_(numbers)
        work.execute(table.update().where(table.c.team_id == row.id).values(picked=picked))
        work.record("picks", team=row.name, submissions=sorted(set(numbers)))
