"""Databases of older and newer versions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database, upgrade

Make = Callable[..., Competition]


@pytest.mark.parametrize("older", range(1, database.SCHEMA))
def test_an_older_database_gets_its_new_tables_and_keeps_the_rest(make: Make, older: int) -> None:
    competition = make()
    with competition.store.engine.begin() as connection:
        for step in range(database.SCHEMA, older, -1):
            for table in upgrade.STEPS[step]:
                table.drop(connection)
        if older > 1:
            connection.execute(database.schema.update().values(version=older))
        assert upgrade.version(connection) == older
    again = Competition(competition.root, competition.clock)
    with again.reading() as connection:
        assert upgrade.version(connection) == database.SCHEMA
        inspector = sa.inspect(connection)
        for table in database.metadata.sorted_tables:
            assert {column["name"] for column in inspector.get_columns(table.name)} == set(table.c.keys())
    teams.add(again, "c")
    assert verify(again).faults == []


def test_a_database_of_a_newer_version_is_left_alone(make: Make) -> None:
    competition = make()
    with competition.store.engine.begin() as connection:
        connection.execute(database.schema.update().values(version=database.SCHEMA + 1))
    with (
        pytest.raises(LeaderboardError, match="install a newer leaderboard"),
        Competition(competition.root).reading(),
    ):
        pass
