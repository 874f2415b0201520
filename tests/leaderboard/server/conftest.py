"""A server in this process: the application around a backend, without a pipe and without a network."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import anyio.from_thread
import anyio.to_thread
import pytest

pytest.importorskip("starlette", reason="the server's packages are not installed: pip install '.[serve]'")

from starlette.testclient import TestClient

from leaderboard.competition import access, teams
from leaderboard.competition.competition import Competition
from leaderboard.server.backend.backend import Backend
from leaderboard.server.core.settings import Settings
from leaderboard.server.web.app import build

URL = "http://localhost"


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> None:
    """SQLite alone: what differs on PostgreSQL is tested below the server and with whole processes."""


class LocalBackend:
    """A backend in this process, asked as through the pipe."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    async def call(self, method: str, credential: Any = None, file: IO[bytes] | None = None, **arguments: Any) -> Any:
        blob = b"" if file is None or file.seek(0) else file.read()
        return await anyio.to_thread.run_sync(lambda: self.backend.call(method, credential, arguments, blob))


@dataclass
class Site:
    """A server with the teams a and b."""

    competition: Competition
    backend: Backend
    app: Any
    tokens: dict[str, str]
    portal: anyio.from_thread.BlockingPortal

    def client(self, *, cookies: dict[str, str] | None = None, **headers: str) -> TestClient:
        """A browser or program that remembers cookies and follows no redirect."""
        client = TestClient(
            self.app,
            base_url=URL,
            follow_redirects=False,
            headers=headers,
            cookies=cookies,
            raise_server_exceptions=False,
        )
        client.portal = self.portal
        return client

    def as_team(self, name: str = "a") -> TestClient:
        """A program with the team's token (tutor: the tutor's)."""
        return self.client(authorization=f"Bearer {self.tokens[name]}")

    def in_browser(self, name: str = "a") -> TestClient:
        """A browser in which the team (or the tutor) has logged in."""
        browser = self.client(accept="text/html", **{"sec-fetch-site": "same-origin"})
        answer = browser.post("/login", data={"token": self.tokens[name]})
        assert answer.status_code == 303, answer.text
        return browser


@pytest.fixture(scope="module")
def portal() -> Iterator[anyio.from_thread.BlockingPortal]:
    """The event loop of a file's requests; without it, each request would start a thread and a loop of its own.

    Its thread ends with the file: other tests fork this process.
    """
    with anyio.from_thread.start_blocking_portal() as started:
        yield started


@pytest.fixture
def serve(make: Callable[..., Competition], portal: anyio.from_thread.BlockingPortal) -> Iterator[Callable[..., Site]]:
    """Make a competition under the rules given, and serve it; `settings` are those of Settings."""
    opened = []

    def build_site(settings: dict[str, Any] | None = None, **rules: object) -> Site:
        made = make(**rules)
        competition = Competition(made.root, made.clock, long_running=True)
        opened.append(competition)
        tokens = {name: teams.renew_token(competition, name) for name in ("a", "b")}
        tokens["tutor"] = access.new_tutor_token(competition)
        options = Settings(url=URL, **(settings or {}))
        backend = Backend(competition, believes_proxy=bool(options.login_header))
        return Site(competition, backend, build(LocalBackend(backend), options), tokens, portal)

    yield build_site
    for competition in opened:
        competition.close()


@pytest.fixture
def site(serve: Callable[..., Site]) -> Site:
    return serve()


@pytest.fixture
def data(entry: Callable[..., Path]) -> Callable[..., bytes]:
    """The bytes of a submission of about the accuracy given; each seed another."""
    return lambda accuracy=0.8, seed=0: entry(accuracy, seed).read_bytes()


@pytest.fixture(autouse=True)
def quiet() -> None:
    """One line for each request would fill the report of a test that fails."""
    logging.getLogger("leaderboard.server.access").setLevel(logging.WARNING)
