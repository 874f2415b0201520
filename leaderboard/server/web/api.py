"""The HTTP API, version 1. openapi.py describes each address; a test compares the two."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.web import boards, uploads, visitor
from leaderboard.server.web.body import read_json
from leaderboard.server.web.responses import JSON

LARGEST_NUMBER = 1 << 53


async def competition(request: Request) -> Response:
    """Rules, status and times of the competition."""
    value, _ = await request.app.state.backend.call("competition")
    return JSON(value)


async def standings(request: Request) -> Response:
    """The standings, with an ETag."""
    return await boards.answer(request, "json")


async def sample(request: Request) -> Response:
    """The sample submission."""
    _, data = await request.app.state.backend.call("sample")
    return Response(data, headers={"Content-Disposition": "attachment"}, media_type="text/csv; charset=utf-8")


async def quota(request: Request) -> Response:
    """Entries left today."""
    value, _ = await request.app.state.backend.call("quota", visitor.credential(request))
    return JSON(value)


async def entries(request: Request) -> Response:
    """The team's entries, oldest first."""
    value, _ = await request.app.state.backend.call("entries", visitor.credential(request))
    return JSON(value)


async def submit(request: Request) -> Response:
    """Enter the raw body as a file: 201 with the entry, 200 if the same file was entered before."""
    arrived = uploads.arrival()
    name = uploads.file_name(request.path_params.get("file_name") or request.query_params.get("name", ""))
    message = request.query_params.get("message", "")
    value = await uploads.receive(request, "submit", arrived=arrived, name=name, message=message)
    return JSON(value, 200 if value["repeated"] else 201)


async def validate(request: Request) -> Response:
    """Check the raw body without entering it."""
    return JSON(await uploads.receive(request, "validate", arrived=uploads.arrival()))


async def picks(request: Request) -> Response:
    """Select the entries for the final standings."""
    # The credential is checked before the body is read.
    await request.app.state.backend.call("admit", visitor.credential(request))
    numbers = (await read_json(request)).get("entries")
    if not isinstance(numbers, list) or not all(type(n) is int and 0 < n < LARGEST_NUMBER for n in numbers):
        raise Refusal("malformed", 'the body must be {"entries": [numbers of your entries]}')
    value, _ = await request.app.state.backend.call("select", visitor.credential(request), numbers=numbers[:100])
    return JSON(value)


async def entry_file(request: Request) -> Response:
    """One of the team's own files, as it was sent."""
    number = entry_number(request)
    _, data = await request.app.state.backend.call("entry_file", visitor.credential(request), number=number)
    headers = {"Content-Disposition": f'attachment; filename="entry-{number}.csv"'}
    return Response(data, headers=headers, media_type="text/csv; charset=utf-8")


def entry_number(request: Request) -> int:
    """The number in the address. Raises Refusal."""
    text = request.path_params["number"]
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise Refusal("not_found", "your team has no such entry")
    return int(text)
