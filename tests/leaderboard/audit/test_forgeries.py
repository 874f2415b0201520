"""Forgeries of someone who has the files of a competition open, each found by `audit verify`, without a traceback."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.cli import main
from leaderboard.competition import entries, grants, scores, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.storage import audit_log
from tests.leaderboard.conftest import CLASSES, NOON, TickingClock, guess, write_csv
from tests.leaderboard.postgres import copy_statements


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three entries of two teams, one of them by a grant."""
    return build(tmp_path_factory.mktemp("forgeries")).root


def build(folder: Path) -> Competition:
    labels = np.random.default_rng(0).choice(CLASSES, 200)
    solution, rules = write_csv(folder / "solution.csv", labels), {"name": "test", "daily_quota": 1}
    made = create(folder / "competition", solution, rules, Split(seed=1), clock=TickingClock())
    for name in ("a", "b"):
        teams.add(made, name)
    grants.give(made, "a", entries=1, until="2025-12-01", reason="ill")
    for team, seed in (("a", 1), ("b", 2), ("a", 3)):
        entries.submit(made, team, write_csv(folder / f"{seed}.csv", guess(labels, 0.8, seed)))
    assert not verify(made, again=True).faults
    return made


@pytest.fixture
def competition(original: Path, tmp_path: Path) -> Competition:
    """A copy of it."""
    shutil.copytree(original, tmp_path / "competition")
    return Competition(tmp_path / "competition", TickingClock(NOON + 10**9))


PUBLIC = "INSERT INTO public_scores SELECT {}, hits, rows, row_hits, true FROM public_scores LIMIT 1"
PRIVATE = "INSERT INTO private_scores SELECT {}, hits, rows, row_hits FROM private_scores LIMIT 1"
FORGERIES = {
    "a second competition": """
        INSERT INTO competition SELECT 2, created_at, revision, NULL, NULL, rules, secret FROM competition""",
    "no competition": "DELETE FROM competition",
    "a second version of the tables": "INSERT INTO schema VALUES (2)",
    "another secret": "UPDATE competition SET secret = 'abc'",
    "another number of the competition": "UPDATE competition SET id = 7",
    "public scores of no entry": PUBLIC.format("9, 0"),
    "private scores of no entry": PRIVATE.format("9, 0"),
    "public scores of no revision": PUBLIC.format("1, 5"),
    "private scores of no revision": PRIVATE.format("1, 5"),
    "lost public scores": "DELETE FROM public_scores WHERE submission_id = 2",
    "lost private scores": "DELETE FROM private_scores WHERE submission_id = 2",
    "counts of two": "UPDATE public_scores SET counts = 2 WHERE submission_id = 1",
    "a pick of two": "UPDATE submissions SET picked = 2 WHERE id = 1",
    "a team disabled by two": "UPDATE teams SET disabled = 2 WHERE id = 1",
    "hits as text": "UPDATE public_scores SET hits = 'many' WHERE submission_id = 1",
    "hits as a fraction": "UPDATE public_scores SET hits = hits + 0.5 WHERE submission_id = 1",
    "row hits as text": "UPDATE public_scores SET row_hits = 'abc' WHERE submission_id = 1",
    "a name of bytes": "UPDATE teams SET name = x'61' WHERE id = 1",
    "a token of bytes": "UPDATE teams SET token_sha256 = x'61' WHERE id = 1",
    "a byte moved from the public to the private row hits": """
        UPDATE private_scores SET row_hits = (SELECT substr(row_hits, -1) FROM public_scores p
            WHERE p.submission_id = private_scores.submission_id) || row_hits;
        UPDATE private_scores SET row_hits = CAST(row_hits AS BLOB);
        UPDATE public_scores SET row_hits = CAST(substr(row_hits, 1, length(row_hits) - 1) AS BLOB)""",
    "two team ids exchanged": """
        UPDATE teams SET id = 99 WHERE id = 1;
        UPDATE teams SET id = 1 WHERE id = 2;
        UPDATE teams SET id = 2 WHERE id = 99;
        UPDATE submissions SET team_id = 3 - team_id; UPDATE grants SET team_id = 3 - team_id""",
    "another team id": "UPDATE teams SET id = 7 WHERE id = 2; UPDATE submissions SET team_id = 7 WHERE team_id = 2",
    "a use of a grant by no entry": "INSERT INTO grant_uses VALUES (77, 1)",
    "a member of no team": "INSERT INTO members VALUES (1, 77, 'x', 'y', 'z', 1, NULL)",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON public_scores BEGIN UPDATE public_scores SET hits = 60; END",
    "a view": "CREATE VIEW v AS SELECT * FROM teams",
    "a table of somebody": "CREATE TABLE extra (x)",
    "an index": "CREATE UNIQUE INDEX i ON submissions (file_name)",
    "an index taken away": "DROP INDEX submissions_of_a_day",
    "a column": "ALTER TABLE teams ADD COLUMN x TEXT",
    "a table taken away": "DROP TABLE grant_uses",
    "a table without its unique keys": """
        CREATE TABLE copy AS SELECT * FROM submissions;
        DROP TABLE submissions;
        ALTER TABLE copy RENAME TO submissions""",
    "a table that refuses entries": """
        CREATE TABLE copy (number BIGINT PRIMARY KEY NOT NULL CHECK (number < 9), at BIGINT NOT NULL,
            event TEXT NOT NULL, payload TEXT NOT NULL, hash TEXT NOT NULL);
        INSERT INTO copy SELECT * FROM audit; DROP TABLE audit; ALTER TABLE copy RENAME TO audit""",
    "an older revision": "UPDATE competition SET revision = -1",
    "a revision that never was": "UPDATE competition SET revision = 1",
}


ON_POSTGRES = {
    "a second competition": FORGERIES["a second competition"],
    "public scores of no revision": FORGERIES["public scores of no revision"],
    "lost private scores": "DELETE FROM private_scores",
    "a byte moved from the public to the private row hits": """
        UPDATE private_scores SET row_hits = (SELECT substr(row_hits, length(row_hits)) FROM public_scores p
            WHERE p.submission_id = private_scores.submission_id) || row_hits;
        UPDATE public_scores SET row_hits = substr(row_hits, 1, length(row_hits) - 1)""",
    "a trigger": """
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.hits = 60; RETURN NEW; END';
        CREATE TRIGGER t BEFORE INSERT ON public_scores FOR EACH ROW EXECUTE FUNCTION f()""",
    "a rule": "CREATE RULE r AS ON DELETE TO teams DO INSTEAD NOTHING",
    "a policy": "CREATE POLICY p ON submissions USING (false)",
    "rows that are hidden": "ALTER TABLE submissions ENABLE ROW LEVEL SECURITY",
    "a function": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a view": FORGERIES["a view"],
    "a column": FORGERIES["a column"],
    "a default": "ALTER TABLE public_scores ALTER counts SET DEFAULT true",
    "an index taken away": FORGERIES["an index taken away"],
    "a unique key taken away": "ALTER TABLE submissions DROP CONSTRAINT submissions_team_id_sha256_key",
    "foreign keys switched off": "ALTER TABLE rejections DISABLE TRIGGER ALL",
    "a table taken away": FORGERIES["a table taken away"],
    "a table that refuses entries": "ALTER TABLE audit ADD CHECK (number < 99)",
    "a revision that never was": FORGERIES["a revision that never was"],
}


def verified(root: Path, capsys: pytest.CaptureFixture) -> list[tuple[int, bool, bool]]:
    """Of both ways of verifying: the exit code, whether a fault is told, and whether it ends in a traceback."""
    ends = []
    for options in ([], ["--scores"]):
        code = main(["audit", "verify", "--competition", str(root), *options])
        told = capsys.readouterr()
        ends.append((code, "FAULT" in told.out, "Traceback" in told.err))
    return ends


@pytest.mark.parametrize("kind", FORGERIES)
def test_each_edit_of_a_file_of_sqlite_is_a_fault(competition: Competition, kind: str, capsys) -> None:
    with closing(sqlite3.connect(competition.root / "leaderboard.db")) as connection:
        connection.executescript(FORGERIES[kind])
    assert verified(competition.root, capsys) == [(1, True, False)] * 2


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_each_edit_of_a_postgresql_is_a_fault(make: Callable[..., Competition], entry, database: str, capsys) -> None:
    """One after the other, each taken back by the one before it: a new database takes longer than all of them."""
    made = make()
    entries.submit(made, "a", entry())
    assert verify(made, again=True).faults == []
    for kind, script in ON_POSTGRES.items():
        with undone(database, script):
            assert verified(made.root, capsys) == [(1, True, False)] * 2, kind
        assert verify(made, again=True).faults == [], kind


@contextmanager
def undone(url: str, script: str) -> Iterator[None]:
    """The edit holds within the block: a copy of the database is put in its place afterwards."""
    server, name = sa.make_url(url).set(drivername="postgresql+psycopg"), sa.make_url(url).database
    admin = sa.create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        for statement in copy_statements(name, f"{name}_kept"):
            connection.exec_driver_sql(statement)
        try:
            with sa.create_engine(server, poolclass=sa.NullPool).begin() as edited:
                edited.exec_driver_sql(script)
            yield
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            connection.exec_driver_sql(f"ALTER DATABASE {name}_kept RENAME TO {name}")


@pytest.mark.parametrize("kind", ["DELETE FROM schema", "UPDATE schema SET version = 1"])
def test_a_wrong_version_of_the_tables_is_put_right(competition: Competition, kind: str, capsys) -> None:
    with closing(sqlite3.connect(competition.root / "leaderboard.db")) as connection:
        connection.executescript(kind)
    assert main(["audit", "verify", "--competition", str(competition.root)]) == 0


def test_commands_on_a_database_that_was_edited_say_so_in_one_line(competition: Competition, capsys) -> None:
    for kind in ("a second competition", "no competition"):
        with closing(sqlite3.connect(competition.root / "leaderboard.db")) as connection:
            connection.executescript(FORGERIES[kind])
        assert main(["leaderboard", "--competition", str(competition.root)]) == 2
        assert "edited by hand: run leaderboard audit verify to see where" in capsys.readouterr().err


def test_a_log_of_an_older_version_is_whole_and_finds_moved_bytes(original: Path, tmp_path: Path, monkeypatch) -> None:
    """Its digests are shorter and keep the parts not apart; it has no numbers of teams and no digest of the secret."""
    monkeypatch.setattr(scores, "_digest", scores._older_digest)
    older = {"team added": "number", "init": "secret_sha256"}
    append = audit_log.append
    monkeypatch.setattr(
        audit_log,
        "append",
        lambda connection, at, event, before=None, **told: append(
            connection, at, event, before, **{key: value for key, value in told.items() if key != older.get(event)}
        ),
    )
    made = build(tmp_path)
    monkeypatch.undo()
    assert verify(made, again=True).faults == []
    with closing(sqlite3.connect(made.root / "leaderboard.db")) as connection:
        connection.executescript(FORGERIES["a byte moved from the public to the private row hits"])
    assert any("are not its" in fault for fault in verify(made).faults)
