"""The settings of a server from the command line, in a form that web processes can receive."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from leaderboard.core.errors import LeaderboardError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Options of `leaderboard serve` that web processes need. Raises LeaderboardError for values that cannot work."""

    host: str = "127.0.0.1"
    port: int = 8000
    socket: str = ""
    """A Unix socket for a proxy on this machine, instead of host and port; empty: none."""
    url: str = ""
    """The address that users type, such as https://cifar.example.org; empty: made from host and port."""
    proxy: str = ""
    """Address of the proxy whose X-Forwarded headers are trusted; empty: none."""
    login_header: str = ""
    """Header in which the proxy sends the name of the team that it has logged in; empty: none."""
    metrics: bool = False
    json_logs: bool = False
    upload_seconds: int = 120
    """A file must be complete this long after the start of its request; the start is its time of arrival."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")):
            raise LeaderboardError(f"--url {self.url}: write it as https://cifar.example.org")
        if self.login_header and not (self.proxy or self.socket):
            raise LeaderboardError(
                "--login-header needs --behind-proxy or --socket: otherwise anyone could send the header"
            )
        if not 0 <= self.port <= 65535:
            raise LeaderboardError(f"--port {self.port}: it must be between 0 and 65535")
        if self.socket and not self.url:
            raise LeaderboardError("--socket: give --url too, the address that people type")
        if not self.url and not self.is_loopback:
            raise LeaderboardError(
                f"--host {self.host}: give --url too, the address that people type, such as https://cifar.example.org"
            )

    @property
    def is_loopback(self) -> bool:
        return self.host in ("localhost", "127.0.0.1", "::1")

    @property
    def address(self) -> str:
        """The address of the server for users."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether cookies are sent only over TLS."""
        return self.url.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that a request may use, without ports."""
        named = urlsplit(self.address).netloc
        name = named if named.endswith("]") else named.rpartition(":")[0] or named
        return frozenset(text.lower() for text in (*LOOPBACK, name))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        return cls(**json.loads(text))
