"""The end of the web process: call the backend, and wait for the answer without blocking other requests."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from typing import IO, Any, Protocol

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.pipe import frames

Reply = tuple[dict[str, Any], bytes]
PIECE = 1 << 16


class Backend(Protocol):
    """The interface of a backend for web processes."""

    async def call(self, method: str, credential: Any = None, file: IO[bytes] | None = None, **arguments: Any) -> Reply:
        """Call a method with the whole `file`; the answer, as plain values and bytes. Raises Refusal."""
        ...


class PipeBackend:
    """A backend in another process."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._lock = asyncio.Lock()
        self.closed = asyncio.Event()

    async def open(self, connection: socket.socket) -> None:
        """Use one end of a socket pair; the backend has the other end."""
        reader, self._writer = await asyncio.open_unix_connection(sock=connection)
        self._reading = asyncio.create_task(self._read(reader))

    async def call(self, method: str, credential: Any = None, file: IO[bytes] | None = None, **arguments: Any) -> Reply:
        """See Backend."""
        if self.closed.is_set() or self._writer is None:
            raise Refusal("unavailable", "the scoring process has ended")
        number = next(self._numbers)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        message = {"id": number, "method": method, "credential": credential, "arguments": arguments}
        try:
            async with self._lock:
                await self._send(self._writer, message, file)
            return await future
        except (ConnectionError, RuntimeError):  # uvloop raises RuntimeError for a closed transport
            raise Refusal("unavailable", "the scoring process has ended") from None
        finally:
            self._waiting.pop(number, None)

    async def _send(self, writer: asyncio.StreamWriter, message: dict[str, Any], file: IO[bytes] | None) -> None:
        """Send a file in pieces, so that it is never in memory as a whole."""
        if writer.is_closing():
            raise ConnectionError
        try:
            writer.write(frames.header(message, 0 if file is None else file.seek(0, os.SEEK_END)))
            await writer.drain()
            if file is not None:
                file.seek(0)
                while piece := file.read(PIECE):
                    writer.write(piece)
                    await writer.drain()
        except BaseException:  # after half a message, nothing that follows could be read
            writer.close()
            raise

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                text_length, blob_length = frames.lengths(await reader.readexactly(frames.HEAD))
                value = frames.unpack(await reader.readexactly(text_length))
                self._settle(value, await reader.readexactly(blob_length))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            self.closed.set()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Refusal("unavailable", "the scoring process has ended"))

    def _settle(self, value: dict[str, Any], blob: bytes) -> None:
        future = self._waiting.get(value["id"])
        if future is None or future.done():  # its request was cancelled
            return
        if "refusal" in value:
            future.set_exception(Refusal(**value["refusal"]))
        else:
            future.set_result((value["value"], blob))
