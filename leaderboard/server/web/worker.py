"""A web process: the web application on a socket that its parent has opened, with a pipe to the parent's backend.

python -m leaderboard.server.web.worker SETTINGS LISTENING_DESCRIPTOR PIPE_DESCRIPTOR FORBIDDEN_FOLDER...
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from leaderboard.server.core import memory, sandbox
from leaderboard.server.core.settings import Settings
from leaderboard.server.pipe.client import PipeBackend
from leaderboard.server.web.app import build

# In seconds: an idle connection is closed after this time, and open requests may take this long at the end.
KEEP_ALIVE = 20
GRACE = 30


def main(settings_text: str, listening: str, pipe: str, *forbidden: str) -> None:
    """Serve until SIGTERM, or until the backend ends."""
    memory.return_freed_memory()
    settings = Settings.from_json(settings_text)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    # For speed: the line for each request does not name its thread and process.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    sockets = [socket.socket(fileno=int(listening))]
    connection = socket.socket(fileno=int(pipe))
    connection.setblocking(False)
    sandbox.forbid(forbidden)
    backend = PipeBackend()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await backend.open(connection)
        await backend.call("started")
        ending = asyncio.create_task(_end_with(backend))
        yield
        ending.cancel()

    config = uvicorn.Config(
        build(backend, settings, lifespan),
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        backlog=2048,
    )
    uvicorn.Server(config).run(sockets=sockets)


async def _end_with(backend: PipeBackend) -> None:
    await backend.closed.wait()
    os.kill(os.getpid(), 15)


if __name__ == "__main__":
    main(*sys.argv[1:])
