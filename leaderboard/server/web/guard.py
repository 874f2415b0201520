"""What every request passes first, and every answer last: host, origin, security headers, one line in the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.core.settings import Settings
from leaderboard.server.web.answers import refusal_response

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
    """ASGI middleware. `on_answer` gets the request's scope, the status and the seconds that it took."""

    def __init__(self, app: Any, settings: Settings, on_answer: OnAnswer) -> None:
        self.app, self.settings, self.hosts, self.on_answer = app, settings, settings.hosts, on_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # There are no web sockets here; the server's own start and end pass.
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        began, seen = time.perf_counter(), [0]
        self._believe_proxy(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen[0] = message["status"]
                message["headers"] = self._with_security(message["headers"])
            await send(message)

        try:
            refusal = self._refusal(scope)
            await (refusal_response(scope, refusal) if refusal else self.app)(scope, receive, sending)
        finally:
            self.on_answer(scope, seen[0], time.perf_counter() - began)

    def _believe_proxy(self, scope: Scope) -> None:
        """Take the client's address and scheme from the proxy's headers, and from nobody else's."""
        peer = scope["client"][0] if scope.get("client") else ""
        scope["proxied"] = bool(self.settings.socket) or (bool(self.settings.proxy) and peer == self.settings.proxy)
        if scope["proxied"]:
            headers = dict(scope["headers"])
            # The last address is the one that our proxy saw; those before it are the client's own words.
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
            return Refusal("host", "this server does not go by the name that the request asks for")
        if scope["method"] not in SAFE and not self._is_same_site(scope, headers, host):
            return Refusal("cross_site", "the request comes from another site's page")
        return None

    def _is_same_site(self, scope: Scope, headers: dict[bytes, bytes], host: str) -> bool:
        """A browser says where a form comes from. A program that says nothing shows a token of its own, no cookie."""
        # A browser adds a password of its own (Basic) to every request, also to one from another site; never a Bearer.
        if headers.get(b"authorization", b"").lower().startswith(b"bearer ") and b"cookie" not in headers:
            return True
        fetch_site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
        if fetch_site is not None:
            return fetch_site in (b"same-origin", b"none")
        if origin is not None:
            return origin.decode("latin-1").lower() == f"{scope['scheme']}://{host}"
        return b"cookie" not in headers
