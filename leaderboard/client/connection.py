"""Call a competition server, and retry if an answer is lost: the same file cannot be entered twice."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from leaderboard.core.errors import LeaderboardError, RefusedError

ATTEMPTS, TIMEOUT_SECONDS = 4, 60
# HTTP statuses after which the same request may succeed a little later.
TEMPORARY_STATUSES = (408, 502, 503, 504)
LONGEST_WAIT = 30  # seconds
REFUSED_STATUSES = (401, 403, 409, 429)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuse redirects, which would send the token to another address."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


class InvalidFileError(LeaderboardError):
    """The server found the file invalid; `report` says why, as `leaderboard validate` does."""

    exit_code = 1

    def __init__(self, text: str, report: dict[str, Any]) -> None:
        super().__init__(text)
        self.report = report


@dataclass(frozen=True)
class Server:
    """A server's address and the team's token."""

    address: str
    token: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise LeaderboardError(f"{self.address} is not an address: write https://... as the tutor gave it")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise LeaderboardError(f"{self.address} would send your token unencrypted: use https://")

    def get(self, path: str) -> dict[str, Any]:
        """The JSON answer of /api/v1/`path`. Raises LeaderboardError, or RefusedError if the rules do not allow it."""
        return json.loads(self._request("GET", path, None))

    def sample(self) -> bytes:
        """The sample submission."""
        return self._request("GET", "sample", None)

    def submit(self, file: Path, message: str) -> dict[str, Any]:
        """Enter a file. Raises InvalidFileError with the report, or RefusedError if the rules do not allow it."""
        query = urlencode({"message": message})
        return json.loads(self._request("PUT", f"entries/{quote(file.name, safe='')}?{query}", _bytes(file)))

    def select(self, numbers: list[int]) -> dict[str, Any]:
        """Select the entries with these numbers for the final standings."""
        return json.loads(self._request("PUT", "picks", json.dumps({"entries": numbers}).encode()))

    def _request(self, method: str, path: str, data: bytes | None) -> bytes:
        """The body of the answer. Temporary failures are retried."""
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                return self._request_once(method, path, data)
            except urllib.error.HTTPError as error:
                with error:
                    body = _json(error.read(1 << 20))
                wait = _seconds(error.headers.get("Retry-After"), 2.0**attempt)
                busy = error.code == 429 and body.get("error", {}).get("code") == "busy"
                if last or wait > LONGEST_WAIT or not (error.code in TEMPORARY_STATUSES or busy):
                    raise self._to_error(error.code, body) from None
            except (urllib.error.URLError, OSError) as error:
                if last:
                    reason = getattr(error, "reason", error)
                    again = "run the same command again; a file never counts twice"
                    text = f"{self.address} does not answer ({reason}): {again}"
                    raise LeaderboardError(text) from None
                wait = 2.0**attempt
            time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _request_once(self, method: str, path: str, data: bytes | None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json" if path == "picks" else "text/csv"
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", data, headers, method=method)
        opener = urllib.request.build_opener(_NoRedirect)
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return answer.read()

    def _to_error(self, status: int, body: dict[str, Any]) -> LeaderboardError:
        error = body.get("error", {})
        what = error.get("text", f"{self.address} answered with status {status}")
        # Most refusals already say what to do.
        text = what if ": " in what else f"{what}: {error.get('fix', 'tell the tutor')}"
        if "problems" in body:
            return InvalidFileError(text, body)
        return RefusedError(text) if status in REFUSED_STATUSES else LeaderboardError(text)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise LeaderboardError(f"cannot read {file}: {error.strerror}") from None


def _json(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:  # a proxy's own page
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(text: str | None, otherwise: float) -> float:
    return float(text) if text and text.isdecimal() else otherwise
