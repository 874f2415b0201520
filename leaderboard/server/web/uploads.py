"""Uploads to the backend, with limits: size, duration, number per team, and number at the same time."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request

from leaderboard.core.clock import system_clock
from leaderboard.server.core.refusal import Refusal
from leaderboard.server.web import body, visitor

# Files of one team at the same time: enough for a script that sends a day's quota at once.
PER_TEAM = 40
# Files at the same time in the memory of the backend: of at most SMALL bytes, which can share a commit, and others.
SMALL = 1 << 20
SMALL_AT_ONCE, LARGE_AT_ONCE = 16, 3
LONGEST_NAME = 100


class Uploads:
    """Counts the uploads in this process."""

    def __init__(self) -> None:
        self._of_team: Counter[int] = Counter()
        self._small, self._large = asyncio.Semaphore(SMALL_AT_ONCE), asyncio.Semaphore(LARGE_AT_ONCE)

    @asynccontextmanager
    async def reserve_place(self, team: int) -> AsyncIterator[None]:
        """Reserve a place for one more file of the team. Raises Refusal if there are too many."""
        if self._of_team[team] >= PER_TEAM:
            raise Refusal("busy", f"{PER_TEAM} files of your team are already being sent", retry_after=2)
        self._of_team[team] += 1
        try:
            yield
        finally:
            self._of_team[team] -= 1
            if not self._of_team[team]:
                del self._of_team[team]

    async def send_to_backend(self, request: Request, file: Any, method: str, **arguments: Any) -> dict[str, Any]:
        """Send a whole file to the backend when its turn comes; the answer of the backend."""
        async with self._small if file.seek(0, os.SEEK_END) <= SMALL else self._large:
            value, _ = await request.app.state.backend.call(method, visitor.credential(request), file, **arguments)
        return value


async def receive(request: Request, method: str, *, arrived: int, **arguments: Any) -> dict[str, Any]:
    """The backend's answer to a raw body. The credential is checked before the body is read."""
    state = request.app.state
    admitted, _ = await state.backend.call("admit", visitor.credential(request))
    async with state.uploads.reserve_place(admitted["team_id"]):
        with await body.read_file(request, admitted["max_bytes"], state.settings.upload_seconds) as file:
            return await state.uploads.send_to_backend(request, file, method, arrived=arrived, **arguments)


def arrival() -> int:
    """Now, in microseconds since 1970. A request calls it first of all, so it is the time of arrival."""
    return system_clock()


def file_name(text: str) -> str:
    """The last part of a path that a client sent, at most LONGEST_NAME characters."""
    return text.replace("\\", "/").rpartition("/")[2][:LONGEST_NAME] or "submission.csv"
