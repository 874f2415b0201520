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


COPY = f"before-version-{database.SCHEMA}.db"


def make_older(competition: Competition, older: int) -> None:
    """Take the tables of newer versions away."""
    with competition.store.engine.begin() as connection:
        for step in range(database.SCHEMA, older, -1):
            for table in upgrade.STEPS[step]:
                table.drop(connection)
        if older > 1:
            connection.execute(database.schema.update().values(version=older))
        assert upgrade.version(connection) == older


def contents(connection: sa.Connection) -> dict[str, list]:
    there = set(sa.inspect(connection).get_table_names())
    tables = [table for table in database.metadata.sorted_tables if table.name in there]
    return {table.name: sorted(map(tuple, connection.execute(sa.select(table)))) for table in tables}


@pytest.mark.parametrize("older", range(1, database.SCHEMA))
def test_an_older_database_gets_its_new_tables_and_keeps_the_rest(make: Make, older: int) -> None:
    competition = make()
    make_older(competition, older)
    again = Competition(competition.root, competition.clock)
    with again.read_transaction() as connection:
        assert upgrade.version(connection) == database.SCHEMA
        inspector = sa.inspect(connection)
        for table in database.metadata.sorted_tables:
            assert {column["name"] for column in inspector.get_columns(table.name)} == set(table.c.keys())
    teams.add(again, "c")
    assert verify(again).faults == []


@pytest.mark.parametrize("older", range(1, database.SCHEMA))
def test_the_tables_are_copied_before(make: Make, older: int, caplog: pytest.LogCaptureFixture) -> None:
    competition = make()
    make_older(competition, older)
    with competition.store.engine.begin() as connection:
        before = contents(connection)
    copy = competition.root / "private" / COPY
    copy.write_text("of an upgrade that was cut off")
    copy.chmod(0o600)
    with Competition(competition.root).read_transaction():
        assert f"a copy of the old tables is in {copy}" in caplog.text
    assert copy.stat().st_mode & 0o777 == 0o600
    with database.Store(database.sqlite_url(copy)).read_transaction() as connection:
        assert upgrade.version(connection) == older
        assert contents(connection) == before
    caplog.clear()
    with Competition(competition.root).read_transaction():
        assert caplog.text == "", "the second time there is nothing to do"


@pytest.mark.parametrize("database", [None])  # what PostgreSQL was, the copy is too: an SQLite file
def test_an_sqlite_folder_goes_back_to_its_copy(make: Make, database: None) -> None:
    competition = make()
    make_older(competition, 3)
    teams.add(Competition(competition.root, competition.clock), "after the upgrade")
    root = competition.root
    for path in root.glob("leaderboard.db*"):
        path.unlink()
    (root / "private" / COPY).rename(root / "leaderboard.db")
    faults = verify(Competition(root, competition.clock)).faults
    assert any("the log ends at entry" in fault for fault in faults), "what came after is missed"


def test_a_database_of_a_newer_version_is_left_alone(make: Make) -> None:
    competition = make()
    with competition.store.engine.begin() as connection:
        connection.execute(database.schema.update().values(version=database.SCHEMA + 1))
    with (
        pytest.raises(LeaderboardError, match="install a newer leaderboard"),
        Competition(competition.root).read_transaction(),
    ):
        pass
