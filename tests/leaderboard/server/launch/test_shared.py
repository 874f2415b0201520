"""Two servers in two folders without a shared disk, one PostgreSQL, under load."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition.competition import Competition
from leaderboard.competition.sharing import join, share


@pytest.mark.timeout(180)
def test_two_machines_serve_one_competition(make, entry, start, token, database, tmp_path: Path) -> None:
    if database is None:
        pytest.skip("SQLite cannot be shared")
    made = make(daily_quota=20)
    keys = [token(made, "a"), token(made, "b")]
    share(made)
    machines = [Competition(made.root), join(tmp_path / "other", database)]
    servers = [start(machine) for machine in machines]
    files = [entry(seed=seed).read_bytes() for seed in range(60)]

    def send(number: int) -> tuple[int, str]:
        status, _ = servers[number % 2].call("PUT", "/api/v1/entries", files[number // 2], keys[number // 2 % 2])
        return status, "ab"[number // 2 % 2]

    # Every file goes to both machines at once: it is one entry. The quota is that of both together.
    with ThreadPoolExecutor(24) as pool:
        answers = Counter(pool.map(send, range(120)))
    assert answers[201, "a"] == answers[201, "b"] == 20
    assert {status for status, _ in answers} <= {200, 201, 429}
    assert [server.stop() for server in servers] == [0, 0]
    for machine in machines:
        verdict = verify(machine, again=True)
        assert not verdict.faults
        assert verdict.entries == 40
