"""SIGKILL of the desk at every moment, through HTTP: no acknowledged entry is lost, none is doubled."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition.competition import Competition
from leaderboard.storage import database
from tests.leaderboard.server.launch.conftest import Running

SCRIPT = Path(__file__).with_name("serve_until_killed.py")
ENTRIES = "/api/v1/entries"


def kept(competition: Competition) -> dict[int, str]:
    with competition.reading() as connection:
        table = database.submissions.c
        return database.mapping(connection, sa.select(table.id, table.sha256))


def send(server: Running, files: list[bytes], key: str) -> list[dict]:
    """The entries that were acknowledged before the server was gone."""
    acknowledged = []
    for data in files:
        status, body = server.call("PUT", ENTRIES, data, key)
        if not status or status == 503:
            break
        assert status in (200, 201), body
        acknowledged.append(json.loads(body)["entry"])
    return acknowledged


def one_death(competition: Competition, start, key: str, moment: int, files: list[bytes]) -> bool:
    """Send files to a server that dies, then all of them to another one; whether it died."""
    server: Running = start(competition, str(moment), script=SCRIPT)
    promised = send(server, files, key)
    died = server.process.poll() is not None or len(promised) < len(files)
    if not died:
        server.stop()
    server.process.wait(20)
    stored = kept(competition)
    for entry in promised:
        assert stored[entry["number"]] == entry["sha256"]
    again = start(competition, "0", script=SCRIPT)
    entries = send(again, files, key)
    assert again.stop() == 0
    assert len(entries) == len(files)
    assert [entry["number"] for entry in entries[: len(promised)]] == [entry["number"] for entry in promised]
    assert len({entry["number"] for entry in entries}) == len(files)
    assert not verify(competition).faults
    return died


@pytest.mark.timeout(180)
@pytest.mark.parametrize("part", range(2))
def test_killed_at_some_moments(make, entry, start, token, part: int) -> None:
    competition = make(daily_quota=1000)
    moment = random.Random(part).randrange(1 + 60 * part, 60 * (part + 1))
    one_death(competition, start, token(competition, "a"), moment, [entry(seed=seed).read_bytes() for seed in range(3)])


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_two_hundred_times(make, entry, start, token) -> None:
    competition = make(daily_quota=1000)
    key, deaths = token(competition, "a"), 0
    for moment in range(1, 201):
        files = [entry(seed=3 * moment + n).read_bytes() for n in range(2)]
        deaths += one_death(competition, start, key, 1 + moment % 130, files)
    assert deaths > 150
    assert len(kept(competition)) == 400
