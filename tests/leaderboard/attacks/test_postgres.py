"""Attempts on PostgreSQL: what an administrator, a network or a neighbour does to the database."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.cli import main
from leaderboard.competition import creation, entries, teams
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.storage import database as tables
from tests.leaderboard.conftest import database as any_database
from tests.leaderboard.conftest import write_csv
from tests.leaderboard.postgres import copy_statements

Entry = Callable[..., Path]
database = any_database  # the other attacks use SQLite alone
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def competition(make: Callable[..., Competition]) -> Competition:
    return make()


def administer(url: str, *statements: str) -> None:
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
        connect_args={"options": "-c statement_timeout=0 -c default_transaction_read_only=off"},
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.format(name=sa.make_url(url).database))


def rows(competition: Competition) -> int:
    with competition.read_transaction() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(tables.submissions)).scalar_one()


SETTINGS = {
    "a database that may only be read": "ALTER DATABASE {name} SET default_transaction_read_only = on",
    "a limit on the time of a statement": "ALTER DATABASE {name} SET statement_timeout = 1",
    "backslashes in text": "ALTER DATABASE {name} SET standard_conforming_strings = off",
    "another form of bytes": "ALTER DATABASE {name} SET bytea_output = 'escape'",
    "another zone and form of dates": "ALTER DATABASE {name} SET timezone = 'Asia/Kolkata'",
    "a weaker isolation": "ALTER DATABASE {name} SET default_transaction_isolation = 'read uncommitted'",
    "a stronger isolation": "ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'",
    "commits that are not flushed": "ALTER DATABASE {name} SET synchronous_commit = off",
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_setting_of_the_database(competition: Competition, entry: Entry, database: str, kind: str, capsys) -> None:
    """All or nothing, in one line, and right again when the setting is taken back."""
    entries.submit(competition, "a", entry(seed=1))
    administer(database, SETTINGS[kind])
    where = ["--competition", str(competition.root)]
    code = main(["submit", "-f", str(entry(seed=2)), "--team", "a", *where])
    told = capsys.readouterr()
    administer(database, "ALTER DATABASE {name} RESET ALL")
    assert code in (0, 2)
    assert (told.err.count("\n"), "Traceback" in told.err) == (1 if code else 0, False), told.err
    assert rows(competition) == (2 if code == 0 else 1)
    assert verify(competition, again=True).faults == []


def test_eight_processes_worth_of_threads_get_one_quota_under_serializable(
    competition: Competition, entry: Entry, database: str
) -> None:
    administer(database, SETTINGS["a stronger isolation"])
    files, refused = [entry(seed=seed) for seed in range(16)], []

    def submit(path: Path) -> None:
        own = Competition(competition.root, competition.clock)
        try:
            entries.submit(own, "a", path)
        except LeaderboardError as error:
            refused.append(error)

    threads = [threading.Thread(target=submit, args=(path,)) for path in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(competition) + len(refused) == 16
    assert rows(competition) <= 5
    administer(database, "ALTER DATABASE {name} RESET ALL")
    while rows(competition) < 5:
        entries.submit(competition, "a", entry(seed=100 + rows(competition)))
    with pytest.raises(RefusedError, match="has used its 5 entries"):
        entries.submit(competition, "a", entry(seed=99))
    assert verify(competition, again=True).faults == []


def test_a_connection_that_the_administrator_ends_in_the_middle(
    competition: Competition, entry: Entry, database: str, monkeypatch
) -> None:
    insert = entries.insert_scores

    def cut_off(work, *rest) -> None:
        insert(work, *rest)
        administer(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = '{name}' AND pid <> pg_backend_pid()",
        )

    with monkeypatch.context() as patch:
        patch.setattr(entries, "insert_scores", cut_off)
        with pytest.raises(LeaderboardError, match="the database does not answer"):
            entries.submit(competition, "a", entry(seed=1))
    assert rows(competition) == 0
    assert entries.submit(competition, "a", entry(seed=1)).submission == 1
    assert verify(competition, again=True).faults == []


@pytest.mark.parametrize(
    "change",
    [
        {"password": "wrong-secret-word"},
        {"port": 1},
        {"host": "no-such-host.invalid"},
        {"database": "no_such_database"},
    ],
    ids=["password", "port", "host", "name"],
)
def test_a_database_that_cannot_be_reached_is_one_line_without_the_password(
    competition: Competition, database: str, change: dict, capsys
) -> None:
    url = sa.make_url(database)
    wrong = url.set(**change) if change else url
    (competition.root / "private" / "database.url").write_text(wrong.render_as_string(hide_password=False))
    code = main(["leaderboard", "--competition", str(competition.root)])
    error = capsys.readouterr().err
    assert (code, error.count("\n")) == (2, 1) or ("password" in change and code == 0), "a server may trust its host"
    for secret in filter(None, (url.password, "wrong-secret-word")):
        assert secret not in error


def test_a_second_competition_in_one_database_is_refused_and_harms_nothing(
    competition: Competition, tmp_path: Path, labels, database: str, entry: Entry
) -> None:
    entries.submit(competition, "a", entry())
    solution = write_csv(tmp_path / "other.csv", labels)
    with pytest.raises(LeaderboardError, match="the database already holds a competition"):
        creation.create(tmp_path / "second", solution, {"name": "second"}, database=database)
    assert not (tmp_path / "second").exists()
    assert verify(competition, again=True).faults == []


def test_an_init_that_fails_leaves_the_database_as_it_was(tmp_path: Path, labels, database: str, monkeypatch) -> None:
    solution = write_csv(tmp_path / "other.csv", labels)

    def fail(*_) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(OSError, match="No space"):
            creation.create(tmp_path / "c", solution, {"name": "c"}, database=database)
    made = creation.create(tmp_path / "c", solution, {"name": "c"}, database=database)
    assert verify(made).faults == []


@pytest.mark.parametrize("right", ["INSERT ON submissions", "UPDATE ON teams", "SELECT ON teams", "INSERT ON audit"])
def test_rights_that_were_taken_away_are_one_line(
    competition: Competition, entry: Entry, database: str, right: str, capsys
) -> None:
    """As the owner of the tables the program keeps its rights, so it works as another user here."""
    user = f"user_{secrets.token_hex(4)}"
    url = sa.make_url(database).set(username=user, password="x")
    administer(
        database,
        f"CREATE USER {user} PASSWORD 'x'",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {user}",
        f"REVOKE {right} FROM {user}",
    )
    try:
        (competition.root / "private" / "database.url").write_text(url.render_as_string(hide_password=False))
        where = ["--competition", str(competition.root)]
        codes = [
            main(["submit", "-f", str(entry(seed=2)), "--team", "a", *where]),
            main(["team", "disable", "b", *where]),
        ]
        told = capsys.readouterr()
        assert 2 in codes
        assert 4 not in codes, told.err
        assert "permission denied" in told.err
        (competition.root / "private" / "database.url").write_text(database)
        assert verify(Competition(competition.root, competition.clock), again=True).faults == []
    finally:
        administer(database, f"DROP OWNED BY {user}", f"DROP USER {user}")


NAMES = ("'; DROP TABLE teams; --", '"; DELETE FROM audit; --', "\\'; SELECT 1; --", "%s %(x)s :name", "$1 ?", "a\\b")


@pytest.mark.parametrize("name", NAMES)
def test_sql_in_names_messages_and_tokens_is_text(competition: Competition, entry: Entry, name: str, capsys) -> None:
    teams.add(competition, name)
    entries.submit(competition, name, entry(seed=1), message=name)
    where = ["--competition", str(competition.root)]
    assert main(["submit", "-f", str(entry(seed=2)), "--token", name, *where]) == 3
    assert main(["submissions", "--team", name, "--format", "json", *where]) == 0
    assert verify(competition, again=True).faults == []


def test_tables_of_another_schema_are_not_taken_for_ours(competition: Competition, entry: Entry, database: str) -> None:
    """A neighbour who may make a schema puts it in front: the program would read and write there."""
    entries.submit(competition, "a", entry())
    administer(
        database,
        "CREATE SCHEMA evil",
        "CREATE TABLE evil.public_scores AS SELECT * FROM public.public_scores",
        "UPDATE evil.public_scores SET hits = 60",
        "ALTER DATABASE {name} SET search_path = evil, public",
    )
    opened = Competition(competition.root)  # the setting holds for new connections
    assert any("is missing in the database" in fault for fault in verify(opened).faults)
    administer(database, "ALTER DATABASE {name} RESET ALL")
    assert verify(Competition(competition.root)).faults == []


def test_a_dump_that_is_older_than_the_folder_is_found(competition: Competition, entry: Entry, database: str) -> None:
    entries.submit(competition, "a", entry(seed=1))
    name = sa.make_url(database).database
    admin = str(sa.make_url(database).set(database="postgres").render_as_string(hide_password=False))
    administer(admin, *copy_statements(name, f"{name}_old"))
    try:
        entries.submit(competition, "b", entry(seed=2))
        administer(admin, f"DROP DATABASE {name} WITH (FORCE)", f"ALTER DATABASE {name}_old RENAME TO {name}")
        assert verify(competition).faults == ["the log ends at entry 4; entry 5 was written and is missing"]
    finally:
        administer(admin, f"DROP DATABASE IF EXISTS {name}_old WITH (FORCE)")


def test_a_backup_of_postgresql_is_an_sqlite_that_says_the_same(
    competition: Competition, entry: Entry, tmp_path: Path
) -> None:
    for seed, team in enumerate("abab"):
        entries.submit(competition, team, entry(seed=seed), message="ü 水 🐱")
    backup(competition, tmp_path / "copy")
    copy = Competition(tmp_path / "copy", competition.clock)
    assert verify(copy, again=True).faults == []
    assert verify(copy).head == verify(competition).head
