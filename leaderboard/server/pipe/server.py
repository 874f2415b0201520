"""The end of the backend: read calls from one web process, and answer each when it is done, in any order."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.pipe import frames

Call = Callable[[str, Any, dict[str, Any], bytes], tuple[dict[str, Any], bytes]]
log = logging.getLogger(__name__)


def serve(connection: socket.socket, call: Call, executor_of: Callable[[str], Executor]) -> None:
    """Answer calls until the web process closes its end. `executor_of` gives the thread pool of a method."""
    lock = threading.Lock()

    def answer(number: int, method: str, credential: Any, arguments: dict, blob: bytes) -> None:
        value, body = _outcome(call, method, credential, arguments, blob)
        try:
            with lock:
                connection.sendall(frames.header({"id": number, **value}, len(body)))
                connection.sendall(body)
        except OSError:
            log.info("a web process ended before it got the answer to %s", method)

    with connection:
        while (message := _receive(connection)) is not None:
            value, blob = message
            method = value["method"]
            executor_of(method).submit(answer, value["id"], method, value["credential"], value["arguments"], blob)


def _outcome(call: Call, method: str, credential: Any, arguments: dict, blob: bytes) -> tuple[dict, bytes]:
    try:
        value, body = call(method, credential, arguments, blob)
        return {"value": value}, body
    except Refusal as refusal:
        fields = {"code": refusal.code, "text": refusal.text, "retry_after": refusal.retry_after}
        return {"refusal": {**fields, "more": refusal.more}}, b""
    except Exception:
        log.exception("a bug in this program, in the call %s", method)
        return {"refusal": {"code": "unavailable", "text": "the server made a mistake", "more": {}}}, b""


def _receive(connection: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    head = _exactly(connection, frames.HEAD)
    if head is None:
        return None
    text_length, blob_length = frames.lengths(head)
    text, blob = _exactly(connection, text_length), _exactly(connection, blob_length)
    return None if text is None or blob is None else (frames.unpack(text), blob)


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    """Exactly `count` bytes; None if the other end closes first."""
    try:
        data = connection.recv(count, socket.MSG_WAITALL) if count else b""
    except ConnectionError:
        return None
    return data if len(data) == count else None
