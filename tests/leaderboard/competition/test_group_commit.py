"""Many threads, one transaction: each waits for its own commit, and fails alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from leaderboard.audit import anchors
from leaderboard.competition import teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.group_commit import GroupCommit
from leaderboard.competition.transaction import Transaction
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import audit_log, database

Make = Callable[..., Competition]
THREADS = 24


class Counted:
    """The transactions of a competition, counted; each waits until `go_on` before its commit."""

    def __init__(self, competition: Competition) -> None:
        self.competition, self.begun, self.go_on = competition, 0, threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self.begun += 1
        with self.competition.transaction() as work:
            yield work
            self.go_on.wait(10)


def add(name: str) -> Callable[[Transaction], str]:
    def work(transaction: Transaction) -> str:
        if name.endswith("7"):
            teams.add_in_transaction(transaction, f"undone {name}")
            raise LeaderboardError("no sevens")
        return teams.add_in_transaction(transaction, name)[0]

    return work


def names(competition: Competition) -> set[str]:
    with competition.read_transaction() as connection:
        return set(connection.execute(sa.select(database.teams.c.name)).scalars())


def test_what_waits_at_the_same_time_shares_a_transaction_and_fails_alone(make: Make) -> None:
    competition = make()
    counted, before = Counted(competition), names(competition)
    group = GroupCommit(counted.transaction)
    at_once = threading.Barrier(THREADS + 1)

    def run(name: str) -> str:
        at_once.wait()
        return group.run(add(name))

    with ThreadPoolExecutor(THREADS) as pool:
        futures = {name: pool.submit(run, name) for name in (f"team {n}" for n in range(THREADS))}
        at_once.wait()
        time.sleep(0.2)
        counted.go_on.set()
    failed = {name for name, future in futures.items() if future.exception() is not None}
    assert failed == {"team 7", "team 17"}
    assert names(competition) - before == set(futures) - failed
    assert counted.begun < THREADS / 2
    with competition.read_transaction() as connection:
        anchor = anchors.read(competition.anchor)
        assert not anchor.faults
        assert audit_log.chain_faults(connection, anchor.heads) == []
        logged = sum(event.event == "team added" for event in audit_log.events(connection))
    assert logged == len(names(competition)), "what was undone is not in the log"


def test_nobody_goes_on_before_the_commit(make: Make) -> None:
    competition = make()
    seen_at_return = []

    def run(number: int) -> None:
        name = competition.group_commit.run(lambda work: teams.add_in_transaction(work, f"team {number}")[0])
        seen_at_return.append(name in names(competition))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(16)))
    assert seen_at_return == [True] * 16


def test_a_commit_that_fails_fails_for_all_and_the_next_one_works(make: Make) -> None:
    competition = make()
    before = names(competition)
    fails = [True]

    @contextmanager
    def transaction() -> Iterator[Transaction]:
        with competition.transaction() as work:
            yield work
            if fails.pop():
                raise OSError("the disk is full")

    group = GroupCommit(transaction)
    with pytest.raises(OSError, match="disk is full"):
        group.run(add("first"))
    assert names(competition) == before
    fails.append(False)
    assert group.run(add("second")) == "second"
    assert names(competition) == before | {"second"}


def test_a_transaction_that_cannot_begin_fails_one_after_the_other() -> None:
    @contextmanager
    def transaction() -> Iterator[Transaction]:
        raise LeaderboardError("the database does not answer")
        yield

    group = GroupCommit(transaction)
    for _ in range(2):
        with pytest.raises(LeaderboardError, match="does not answer"):
            group.run(lambda work: None)
