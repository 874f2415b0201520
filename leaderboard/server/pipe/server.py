"""The desk's end: read calls from one web process, answer each when it is done, in any order."""

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
    """Answer until the web process closes its end. `executor_of` names the threads that a method runs in."""
    lock = threading.Lock()

    def answer(number: int, method: str, credential: Any, arguments: dict, blob: bytes) -> None:
        value, body = _outcome(call, method, credential, arguments, blob)
        try:
            with lock:
                connection.sendall(frames.head({"id": number, **value}, len(body)))
                connection.sendall(body)
        except OSError:
            log.info("a web process went away before its answer to %s", method)

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
        log.exception("a mistake of this program in %s", method)
        return {"refusal": {"code": "unavailable", "text": "the server made a mistake", "more": {}}}, b""


def _receive(connection: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    head = _exactly(connection, frames.HEAD)
    if head is None:
        return None
    text_length, blob_length = frames.lengths(head)
    text, blob = _exactly(connection, text_length), _exactly(connection, blob_length)
    return None if text is None or blob is None else (frames.unpack(text), blob)


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    """So many bytes, received into their one place; None if the other end is closed before."""
    try:
        data = connection.recv(count, socket.MSG_WAITALL) if count else b""
    except ConnectionError:
        return None
    return data if len(data) == count else None
