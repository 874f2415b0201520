"""A disk that is really full: 507 in one line, nothing lost, and the next file after space is freed is taken."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition.competition import Competition
from leaderboard.standings import ranking

pytestmark = [pytest.mark.timeout(180), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
ENTRIES = "/api/v1/entries"


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB of its own."""
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this account may not mount a small file system")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def entries_of(competition: Competition) -> int:
    with competition.read_transaction() as connection:
        return len(ranking.public_entries(connection))


def test_every_way_a_disk_can_be_full(make, entry, start, token, tmp_path: Path) -> None:
    competition = make(daily_quota=1000)
    server = start(competition)
    key, filler, taken = token(competition, "a"), tmp_path / "filler", 0
    statuses = []
    # Step by step less room: the kept file, the database, its log or the anchor are what does not fit.
    for seed in range(40):
        data = entry(seed=seed).read_bytes()
        (tmp_path / f"entry-0.8-{seed}.csv").unlink()
        if seed % 4 == 3:
            fill(filler, leave=4096 * (seed % 12))
        status, body = server.call("PUT", ENTRIES, data, key)
        statuses.append(status)
        assert status in (201, 507), body
        taken += status == 201
        if status == 507:
            error = json.loads(body)["error"]
            assert "disk is full" in error["text"]
            assert "\n" not in error["text"]
            assert entries_of(competition) == taken
            filler.unlink(missing_ok=True)
            status, body = server.call("PUT", ENTRIES, data, key)
            assert status == 201, body
            taken += 1
        filler.unlink(missing_ok=True)
        assert entries_of(competition) == taken
    assert 507 in statuses
    assert taken == 40
    assert not verify(competition, again=True).faults


def fill(path: Path, leave: int) -> None:
    """Fill the disk but for some bytes."""
    with path.open("wb", buffering=0) as file:
        size = 0
        try:
            while True:
                size += file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, size - leave))
