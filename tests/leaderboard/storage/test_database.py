"""Connections to the database: how many there are, and who closes them."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.storage.database import Store
from tests.leaderboard.postgres import END_OTHERS

PROCESS = sa.text("SELECT pg_backend_pid()")
OF_THE_SERVER = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :process")
OPEN_FILES = Path("/proc/self/fd")

postgres_alone = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def process_of(store: Store) -> int:
    """The process of the PostgreSQL server that answers."""
    with store.read_transaction() as connection:
        return connection.execute(PROCESS).scalar_one()


@postgres_alone
def test_transactions_one_after_the_other_share_a_connection(database: str) -> None:
    store = Store(database)
    assert process_of(store) == process_of(store)


@postgres_alone
def test_a_connection_that_the_server_ended_is_replaced(database: str) -> None:
    store, other = Store(database), Store(database)
    first = process_of(store)
    with other.engine.begin() as connection:
        connection.exec_driver_sql(END_OTHERS)
    assert process_of(store) != first


@postgres_alone
def test_the_connection_ends_with_the_store_but_not_with_a_forks_copy(database: str) -> None:
    store, other = Store(database), Store(database)
    process = process_of(store)
    child = os.fork()
    if child == 0:
        warned: list[object] = []
        sys.unraisablehook = warned.append
        del store
        gc.collect()
        os._exit(len(warned))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert process_of(store) == process
    del store
    gc.collect()
    for _ in range(500):  # the server takes a moment to see it
        with other.engine.connect() as connection:
            if connection.execute(OF_THE_SERVER, {"process": process}).scalar_one() == 0:
                return
        time.sleep(0.01)
    pytest.fail("the connection is still open")


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="no /proc on this system")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_file_of_sqlite_stays_open(make: Callable[..., Competition]) -> None:
    made = make()  # alive until the end
    database = (made.root / "leaderboard.db").resolve()
    assert database not in {file.resolve() for file in OPEN_FILES.iterdir()}
