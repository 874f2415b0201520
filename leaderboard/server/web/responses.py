"""HTTP answers: JSON for programs, pages for people, and refusals as either of the two."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.web.rendering import render
from leaderboard.server.web.texts import language_of

API = "/api/"


class JSON(Response):
    """A value as JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """A page in the reader's language."""
    language = language_of(request.headers.get("accept-language", ""))
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(render(name, language, **values), status, headers, "text/html; charset=utf-8")


def refusal_response(scope: Scope, refusal: Refusal) -> Response:
    """The answer to a refused request: a page or JSON."""
    request = Request(scope)
    if wants_page(request):
        answer = page(request, "error.html", refusal.status, refusal=refusal)
    else:
        answer = JSON(refusal.as_dict(), refusal.status)
    if refusal.retry_after is not None:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="leaderboard"'
    if refusal.code == "slow":
        answer.headers["Connection"] = "close"
    # The rest of a body that is too large is read and dropped: if the connection were closed, a proxy would answer 502.
    return answer


def wants_page(request: Request) -> bool:
    """Whether to answer with a page, for a browser. Programs, and all requests to the API, get JSON."""
    return not request.scope["path"].startswith(API) and "text/html" in request.headers.get("accept", "")
