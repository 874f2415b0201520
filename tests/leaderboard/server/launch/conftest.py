"""Whole servers: processes, a real network, both databases."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from leaderboard.competition import teams
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import system_clock
from tests.leaderboard.conftest import database as database_fixture

database = database_fixture


@pytest.fixture
def clock():
    """The web processes' clock is the system's."""
    return system_clock


@dataclass
class Running:
    """A server's process and port."""

    process: subprocess.Popen
    port: int

    def call(
        self, method: str, path: str, body: bytes = b"", token: str = "", timeout: float = 60
    ) -> tuple[int, bytes]:
        """Status and body of an answer; (0, b"") when the server went away before it came."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start a server of a competition; `script` another program than `leaderboard serve`."""
    started: list[Running] = []

    def begin(competition: Competition, *options: str, script: Path | None = None) -> Running:
        port = free_port()
        command = [sys.executable, "-m", "leaderboard", "serve", "--competition", str(competition.root)]
        command += ["--port", str(port), *options]
        if script is not None:
            command = [sys.executable, str(script), str(competition.root), str(port), *options]
        root = str(Path(__file__).parents[4])
        environment = os.environ | {"PYTHONPATH": root}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        started.append(Running(process, port))
        assert process.stdout is not None
        assert process.stdout.readline(), "the server did not start"
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.stop()
        assert running.process.stdout is not None
        running.process.stdout.close()


@pytest.fixture
def token() -> Callable[[Competition, str], str]:
    return teams.renew_token


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
