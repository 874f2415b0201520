"""The credential of a request: from a header, a cookie, or a proxy that has logged the user in."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from leaderboard.server.core.settings import Settings

COOKIE = "leaderboard"
MONTH, WORKDAY = 30 * 86_400, 8 * 3600


def credential(request: Request) -> dict[str, Any]:
    """The credential that the backend checks; here it is not checked."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    known: dict[str, Any] = {"address": request.client.host if request.client else ""}
    if scheme.lower() == "bearer":
        return known | {"token": token.strip()[:200]}
    settings: Settings = request.app.state.settings
    if settings.login_header and request.scope["proxied"] and (name := request.headers.get(settings.login_header)):
        # Headers are bytes; proxies send UTF-8, Starlette reads Latin-1.
        return known | {"proxy": name.encode("latin-1").decode("utf-8", "replace")[:200]}
    if cookie := request.cookies.get(COOKIE):
        return known | {"session": cookie[:1000]}
    return known


def is_logged_in(request: Request) -> bool:
    """Whether the request has a credential, valid or not."""
    return len(credential(request)) > 1


def set_session(request: Request, answer: Response, session: str, role: str) -> None:
    """Set the session cookie, for a month for a team, for a working day for the tutor."""
    answer.set_cookie(
        COOKIE,
        session,
        max_age=MONTH if role == "team" else WORKDAY,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure,
    )


def delete_session(answer: Response) -> None:
    answer.delete_cookie(COOKIE)
