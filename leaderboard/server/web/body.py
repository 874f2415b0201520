"""Read the body of a request, with limits for its size and time."""

from __future__ import annotations

import asyncio
import json
import tempfile
from typing import Any

from starlette.requests import ClientDisconnect, Request

from leaderboard.server.core.refusal import Refusal

# In bytes: larger files wait on the disk for their turn, so that sixty of them do not fill the memory.
IN_MEMORY = 1 << 16
SMALL = 20_000


async def read_file(request: Request, limit: int, seconds: float) -> Any:
    """The body as a file, positioned at its start. Raises Refusal beyond `limit` bytes or `seconds`."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        await _fill(request, file, limit, seconds)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def _fill(request: Request, file: Any, limit: int, seconds: float) -> None:
    if (announced := request.headers.get("content-length", "")).isdecimal() and int(announced) > limit:
        raise too_large(limit)
    got = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                got += len(chunk)
                if got > limit:
                    raise too_large(limit)
                file.write(chunk)
    except TimeoutError:
        raise Refusal("slow", f"the request was not complete after {seconds:.0f} seconds") from None
    except ClientDisconnect:
        raise Refusal("slow", "the request ended before it was complete") from None


def too_large(limit: int) -> Refusal:
    return Refusal("too_large", f"the request is larger than {limit:,} bytes")


async def read_small(request: Request, seconds: float = 20) -> bytes:
    """The body of a form or of a JSON request, at most SMALL bytes. Raises Refusal."""
    with await read_file(request, SMALL, seconds) as file:
        return file.read()


async def read_json(request: Request) -> dict[str, Any]:
    """A JSON object. Raises Refusal for anything else."""
    try:
        value = json.loads(await read_small(request))
    except (ValueError, RecursionError):
        raise Refusal("malformed", "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Refusal("malformed", "the body is not a JSON object")
    return value


async def read_form(request: Request) -> dict[str, list[str]]:
    """The fields of a form without files, each with all its values. Raises Refusal."""
    from urllib.parse import parse_qs

    try:
        text = (await read_small(request)).decode()
        return parse_qs(text, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise Refusal("malformed", "the form cannot be read") from None
