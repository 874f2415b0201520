"""PostgreSQL databases of other encodings: names and messages in every script, or a refusal that says what to do."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, teams
from leaderboard.competition.creation import create
from leaderboard.core.errors import LeaderboardError
from tests.leaderboard.conftest import POSTGRES, write_csv

NAMES = ("Schrödinger's Größe", "陈省身", "Маша 🐱")


@pytest.fixture
def encoded() -> Iterator[Callable[[str], str]]:
    """Make a database of an encoding; its URL."""
    server = os.environ.get(POSTGRES)
    if not server:
        pytest.skip(f"set {POSTGRES} to the URL of a PostgreSQL server")
    made: list[str] = []
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def build(encoding: str) -> str:
        made.append(f"test_{encoding.lower()}_{secrets.token_hex(6)}")
        options = f"ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {made[-1]} {options}"))
        return sa.make_url(server).set(database=made[-1]).render_as_string(hide_password=False)

    yield build
    with admin.connect() as connection:
        for name in made:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.mark.parametrize("encoding", ["UTF8", "SQL_ASCII"])
@pytest.mark.parametrize("client", [None, "LATIN1"])
def test_names_and_messages_in_every_script_are_kept(
    encoded, tmp_path: Path, labels: np.ndarray, monkeypatch, encoding: str, client: str | None
) -> None:
    if client:
        monkeypatch.setenv("PGCLIENTENCODING", client)
    solution = write_csv(tmp_path / "solution.csv", labels)
    made = create(tmp_path / "competition", solution, {"name": "Übung 水"}, database=encoded(encoding))
    for name in NAMES:
        teams.add(made, name)
        made_entry = entries.submit(made, name, write_csv(tmp_path / "Lösung 水.csv", labels), f"Versuch {name}")
        assert made_entry.team == name
    with made.read_transaction() as connection:
        assert connection.execute(sa.text("SELECT message FROM submissions ORDER BY id")).scalars().all() == [
            f"Versuch {name}" for name in NAMES
        ]
    assert verify(made, again=True).faults == []


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "EUC_JP"])
def test_a_database_that_cannot_hold_every_name_is_refused_at_init(
    encoded, tmp_path: Path, labels: np.ndarray, encoding: str
) -> None:
    solution, url = write_csv(tmp_path / "solution.csv", labels), encoded(encoding)
    with pytest.raises(LeaderboardError) as told:
        create(tmp_path / "competition", solution, {"name": "test"}, database=url)
    assert str(told.value) == (
        f"the database has the encoding {encoding}, which cannot store every name: make one with "
        "CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
    )
    assert not (tmp_path / "competition").exists()


def test_a_competition_that_an_older_version_made_in_latin1_says_what_it_cannot_hold(
    encoded, tmp_path: Path, labels: np.ndarray, monkeypatch
) -> None:
    monkeypatch.setattr("leaderboard.storage.database._require_every_name", lambda connection: None)
    solution, url = write_csv(tmp_path / "solution.csv", labels), encoded("LATIN1")
    made = create(tmp_path / "competition", solution, {"name": "test"}, database=url)
    teams.add(made, NAMES[0])
    with pytest.raises(
        LeaderboardError, match=r"the database cannot store the text .*: use a database with the encoding UTF8"
    ):
        teams.add(made, NAMES[1])
