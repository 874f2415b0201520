"""The public standings: cached for a second, and sent with an ETag."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from leaderboard.server.web.guard import PAGES
from leaderboard.server.web.texts import language_of

_HTML = "text/html; charset=utf-8"
TYPES = {"en": _HTML, "de": _HTML, "json": "application/json", "csv": "text/csv; charset=utf-8"}
# How old a cached board may be. The answer to an entry contains the team's new rank.
SECONDS = 1.0
# The bars on the page have their position and length in style attributes.
BOARD_POLICY = PAGES.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


@dataclass
class _Kept:
    tag: str = ""
    data: bytes = b""
    until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Boards:
    """A cache with one board for each form; all requests together call the backend at most once per second."""

    def __init__(self) -> None:
        self._kept = {form: _Kept() for form in TYPES}

    async def get(self, backend: Any, form: str) -> tuple[str, bytes]:
        """ETag and content."""
        kept = self._kept[form]
        if time.monotonic() < kept.until:
            return kept.tag, kept.data
        async with kept.lock:
            if time.monotonic() >= kept.until:
                value, data = await backend.call("board", form=form, known=kept.tag)
                if value["tag"] != kept.tag:
                    kept.tag, kept.data = value["tag"], data
                kept.until = time.monotonic() + SECONDS
            return kept.tag, kept.data


async def answer(request: Request, form: str) -> Response:
    """The board in a form, or 304 if the client has it."""
    tag, data = await request.app.state.boards.get(request.app.state.backend, form)
    quoted = f'"{tag}"'
    headers = {"ETag": quoted, "Cache-Control": "no-cache"}
    if form in ("en", "de"):
        headers |= {"Vary": "Accept-Language", "Content-Language": form, "Content-Security-Policy": BOARD_POLICY}
    asked = request.headers.get("if-none-match", "")
    if asked == "*" or quoted in asked:
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=TYPES[form])


async def index(request: Request) -> Response:
    """The published page, always up to date."""
    return await answer(request, language_of(request.headers.get("accept-language", "")))


async def as_json(request: Request) -> Response:
    """The data file beside the page."""
    return await answer(request, "json")


async def as_csv(request: Request) -> Response:
    """The table beside the page."""
    return await answer(request, "csv")
