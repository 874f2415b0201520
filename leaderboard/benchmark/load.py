"""Simulate many clients of a server on one thread, with hand-written HTTP/1.1 so that the client costs little."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Outcome:
    """What the clients measured: seconds until each answer, and the number of answers per status."""

    took: float = 0.0
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.seconds) / self.took

    def quantile(self, share: float) -> float:
        """Seconds within which that share of the answers arrived."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Request:
    """One request."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def encoded(self, host: str) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", *(f"{k}: {v}" for k, v in self.headers)]
        if self.body or self.method != "GET":
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def run(address: str, clients: int, request_of: Callable[[int], Request | None], pause: float = 0.0) -> Outcome:
    """Send requests on each client's connection until `request_of` has none left for the next number.

    Each client waits `pause` seconds between two requests, as a viewer does between two looks.
    """
    return asyncio.run(_all(address, clients, request_of, pause))


async def _all(address: str, clients: int, request_of: Callable[[int], Request | None], pause: float) -> Outcome:
    outcome, numbers = Outcome(), iter(range(1 << 62))
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_client(address, lambda: request_of(next(numbers)), pause, outcome))
    outcome.took = time.perf_counter() - began
    return outcome


async def _client(address: str, following: Callable[[], Request | None], pause: float, outcome: Outcome) -> None:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while (request := following()) is not None:
        began = time.perf_counter()
        writer.write(request.encoded(parts.netloc))
        await writer.drain()
        outcome.statuses[await read_response(reader)] += 1
        outcome.seconds.append(time.perf_counter() - began)
        if pause:
            await asyncio.sleep(pause)
    writer.close()
    await writer.wait_closed()


async def read_response(reader: asyncio.StreamReader) -> int:
    """The status of one answer; its body is read and discarded."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return status
