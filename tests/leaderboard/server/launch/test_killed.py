"""SIGKILL of the backend at every moment, through HTTP: no acknowledged entry is lost, none is doubled."""

from __future__ import annotations

import hashlib
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition.competition import Competition
from leaderboard.storage import database
from tests.leaderboard.server.launch.conftest import Running

SCRIPT = Path(__file__).with_name("serve_until_killed.py")
ENTRIES = "/api/v1/entries"
# So many moments come by while four files are entered.
MOMENTS = 130


def kept(competition: Competition) -> dict[int, str]:
    with competition.read_transaction() as connection:
        table = database.submissions.c
        return database.select_dict(connection, sa.select(table.id, table.sha256))


def send(server: Running, files: list[bytes], key: str) -> list[dict]:
    """Send the files at once, so that they share commits; the entries that were acknowledged."""

    def one(data: bytes) -> dict | None:
        status, body = server.call("PUT", ENTRIES, data, key)
        assert status in (0, 200, 201, 503), body
        return json.loads(body)["entry"] if status in (200, 201) else None

    with ThreadPoolExecutor(len(files)) as pool:
        return [entry for entry in pool.map(one, files) if entry is not None]


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
    numbers = {entry["sha256"]: entry["number"] for entry in entries}
    assert len(numbers) == len(set(numbers.values())) == len(files)
    assert all(numbers[entry["sha256"]] == entry["number"] for entry in promised)
    assert not verify(competition).faults
    return died


@pytest.mark.timeout(180)
@pytest.mark.parametrize("part", range(2))
def test_killed_at_some_moments(make, entry, start, token, part: int) -> None:
    competition = make(daily_quota=1000)
    moment = random.Random(part).randrange(1 + 60 * part, 60 * (part + 1))
    files = [entry(seed=seed).read_bytes() for seed in range(3)]
    one_death(competition, start, token(competition, "a"), moment, files)
    assert sorted(kept(competition).values()) == sorted(hashlib.sha256(data).hexdigest() for data in files)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_two_hundred_times(make, entry, start, token) -> None:
    competition = make(daily_quota=1000)
    key, deaths, moment = token(competition, "a"), 0, 0
    while deaths < 200:
        moment += 1
        files = [entry(seed=4 * moment + n).read_bytes() for n in range(4)]
        deaths += one_death(competition, start, key, 1 + moment % MOMENTS, files)
        assert len(kept(competition)) == 4 * moment
    print(f"{deaths} deaths in {moment} rounds, {4 * moment} files, {len(kept(competition))} entries")
