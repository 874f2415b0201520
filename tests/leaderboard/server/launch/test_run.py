"""Start, end, restart of whole servers; and that the quota holds whatever comes at once."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.server.core.settings import Settings
from leaderboard.storage import database
from tests.leaderboard.server.launch.conftest import Running, free_port, wait_until

pytestmark = pytest.mark.timeout(180)
ENTRIES = "/api/v1/entries"


def stored(competition: Competition) -> list[tuple[int, str]]:
    with competition.read_transaction() as connection:
        table = database.submissions.c
        return [tuple(row) for row in connection.execute(sa.select(table.id, table.sha256).order_by(table.id))]


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(text) for text in listed.stdout.split()]


def head_of(key: str, data: bytes) -> bytes:
    """The head of a request by hand, for clients that stop halfway."""
    lines = (
        f"PUT {ENTRIES} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {key}",
        f"Content-Length: {len(data)}",
    )
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize("workers", ["1", "4"])
def test_two_hundred_posts_at_once_give_exactly_the_quota(make, entry, start, token, workers: str) -> None:
    competition = make(daily_quota=5)
    server: Running = start(competition, "--workers", workers)
    key = token(competition, "a")
    files = [entry(seed=seed).read_bytes() for seed in range(200)]
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda data: server.call("PUT", ENTRIES, data, key), files))
    statuses = Counter(status for status, _ in answers)
    assert statuses[201] == 5
    assert set(statuses) == {201, 429}
    assert len(stored(competition)) == 5
    assert server.stop() == 0
    assert not verify(competition).faults


def test_a_term_signal_finishes_what_is_under_way_and_leaves_no_process(make, entry, start, token) -> None:
    competition = make()
    server: Running = start(competition, "--workers", "2")
    key, data = token(competition, "a"), entry().read_bytes()
    workers = children(server.process.pid)
    assert len(workers) == 2
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head_of(key, data) + data[:100])
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        client.sendall(data[100:])
        assert client.recv(100).startswith(b"HTTP/1.1 201")
    assert server.process.wait(30) == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert len(stored(competition)) == 1


def test_a_web_process_that_dies_is_replaced(make, entry, start, token) -> None:
    competition = make()
    server: Running = start(competition)
    key = token(competition, "a")
    (worker,) = children(server.process.pid)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: server.call("GET", "/healthz")[0] == 200)
    assert server.call("PUT", ENTRIES, entry().read_bytes(), key)[0] == 201


def test_a_backend_that_dies_takes_its_web_processes_along(make, start) -> None:
    server: Running = start(make())
    (worker,) = children(server.process.pid)
    os.kill(server.process.pid, signal.SIGKILL)
    assert server.process.wait(10) == -signal.SIGKILL
    wait_until(lambda: not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text())


def test_a_lost_answer_and_a_retry_give_the_same_entry(make, entry, start, token) -> None:
    competition = make()
    server: Running = start(competition)
    key, data = token(competition, "a"), entry().read_bytes()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head_of(key, data) + data)
        wait_until(lambda: len(stored(competition)) == 1)
    status, body = server.call("PUT", ENTRIES, data, key)
    assert (status, json.loads(body)["entry"]["number"]) == (200, 1)
    # The same file from many at once is one entry.
    other = entry(seed=1).read_bytes()
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: server.call("PUT", ENTRIES, other, key), range(12)))
    assert Counter(status for status, _ in answers) == {201: 1, 200: 11}
    assert {json.loads(body)["entry"]["number"] for _, body in answers} == {2}


def test_slow_clients_delay_nobody(make, entry, start, token) -> None:
    competition = make()
    server: Running = start(competition)
    slow_key, key = token(competition, "b"), token(competition, "a")
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    for number, client in enumerate(slow):
        head = f"PUT {ENTRIES} HTTP/1.1\r\nHost: localhost\r\n"
        if number % 2:
            head += f"Authorization: Bearer {slow_key}\r\nContent-Length: 1000\r\n\r\nid,"
        client.sendall(head.encode())
    began = time.monotonic()
    assert server.call("PUT", ENTRIES, entry().read_bytes(), key)[0] == 201
    assert server.call("GET", "/")[0] == 200
    assert time.monotonic() - began < 10
    for client in slow:
        client.close()


def test_a_backup_taken_while_files_come_in_is_whole(make, entry, start, token, tmp_path: Path) -> None:
    competition = make(daily_quota=1000)
    server: Running = start(competition)
    key = token(competition, "a")
    files = [entry(seed=seed).read_bytes() for seed in range(60)]
    with ThreadPoolExecutor(15) as pool:
        answers = pool.map(lambda data: server.call("PUT", ENTRIES, data, key)[0], files)
        wait_until(lambda: len(stored(competition)) > 5)
        backup(competition, tmp_path / "backup")
        statuses = Counter(answers)
    assert statuses[201] + statuses[429] == 60
    copy = Competition(tmp_path / "backup")
    assert 5 < len(stored(copy)) <= 60
    assert not verify(copy, again=True).faults
    assert not list((tmp_path / "backup").glob("*-wal"))


def test_a_port_that_is_taken(make, start) -> None:
    from leaderboard.server.backend.backend import Backend
    from leaderboard.server.launch.run import Server

    competition = make()
    server: Running = start(competition)
    with pytest.raises(LeaderboardError, match="choose another --port"):
        Server(competition.root, lambda: Backend(competition), Settings(port=server.port), 1).run(lambda: None)


def test_a_unix_socket_for_a_proxy(make, start, token, tmp_path: Path) -> None:
    competition = make()
    path = tmp_path / "web.sock"
    start(competition, "--socket", str(path), "--url", "https://cifar.example.org", "--login-header", "X-Remote-User")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /api/v1/entries HTTP/1.1\r\nHost: cifar.example.org\r\nX-Remote-User: a\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    assert path.stat().st_mode & 0o777 == 0o660


def test_the_backend_runs_beside_the_commands(make, entry, start, token) -> None:
    """The tutor's commands and the server wait for one another, and neither loses an entry."""
    from leaderboard.competition import entries, teams

    competition = make(daily_quota=1000)
    server: Running = start(competition)
    key, sent = token(competition, "a"), []
    files = [entry(seed=seed).read_bytes() for seed in range(12)]
    thread = threading.Thread(target=lambda: sent.extend(server.call("PUT", ENTRIES, data, key)[0] for data in files))
    thread.start()
    for seed in range(100, 108):
        entries.submit(competition, "b", entry(seed=seed))
        teams.set_alias(competition, "b", f"alias {seed}")
    thread.join()
    assert sent == [201] * 12
    assert len(stored(competition)) == 20
    verdict = verify(competition)
    assert not verdict.faults
    assert not verdict.notes


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_folder_that_is_none_is_one_line(make, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "leaderboard", "serve", "--competition", str(tmp_path), "--port", str(free_port())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "is not a competition" in done.stderr


def test_a_web_process_loads_neither_numpy_nor_sqlalchemy() -> None:
    """It has neither labels nor a database, and starts in a third of the time without them."""
    code = "import leaderboard.server.web.worker, sys\nprint({'numpy', 'sqlalchemy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
