"""Check host and origin of every request; add security headers to every answer, and write a line in the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.core.settings import Settings
from leaderboard.server.web.responses import refusal_response

PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": PAGES.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"cache-control": b"no-store",
}
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
SAFE = ("GET", "HEAD", "OPTIONS")
OnAnswer = Callable[[Scope, int, float], None]


class Guard:
    """ASGI middleware. `on_answer` gets the request's scope, the HTTP status and the duration in seconds."""

    def __init__(self, app: Any, settings: Settings, on_answer: OnAnswer) -> None:
        self.app, self.settings, self.hosts, self.on_answer = app, settings, settings.hosts, on_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # There are no web sockets; only the messages about the server's start and stop pass.
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        began, seen = time.perf_counter(), [0]
        self._believe_proxy(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen[0] = message["status"]
                message["headers"] = self._with_security(message["headers"])
            await send(message)

        try:
            refusal = self._refusal(scope)
            await (refusal_response(scope, refusal) if refusal else self.app)(scope, receive, send_with_headers)
        finally:
            self.on_answer(scope, seen[0], time.perf_counter() - began)

    def _believe_proxy(self, scope: Scope) -> None:
        """Take the client's address and scheme from the headers of the proxy, never from those of another client."""
        peer = scope["client"][0] if scope.get("client") else ""
        scope["proxied"] = bool(self.settings.socket) or (bool(self.settings.proxy) and peer == self.settings.proxy)
        if scope["proxied"]:
            headers = dict(scope["headers"])
            # Our proxy has added the last address; the client may have made up those before it.
            address = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
            scope["client"] = (address[:64] or "proxy", 0)
            if headers.get(b"x-forwarded-proto", b"") in (b"http", b"https"):
                scope["scheme"] = headers[b"x-forwarded-proto"].decode()

    def _with_security(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        given = {name.lower() for name, _ in headers}
        more = [item for item in HEADERS.items() if item[0] not in given]
        return [*headers, *more, STRICT_TRANSPORT] if self.settings.secure else [*headers, *more]

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self.hosts:
            return Refusal("host", "this server does not have the host name of the request")
        if scope["method"] not in SAFE and not self._is_same_site(scope, headers, host):
            return Refusal("cross_site", "the request comes from another site's page")
        return None

    def _is_same_site(self, scope: Scope, headers: dict[bytes, bytes], host: str) -> bool:
        """Whether a request comes from our own pages, as a browser reports, or from a program without cookies."""
        # A browser may add a stored password (Basic) to a request from another site, but never a Bearer token.
        if headers.get(b"authorization", b"").lower().startswith(b"bearer ") and b"cookie" not in headers:
            return True
        fetch_site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
        if fetch_site is not None:
            return fetch_site in (b"same-origin", b"none")
        if origin is not None:
            return origin.decode("latin-1").lower() == f"{scope['scheme']}://{host}"
        return b"cookie" not in headers
