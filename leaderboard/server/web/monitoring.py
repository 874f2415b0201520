"""A log line for each request, without tokens or contents; the health check; metrics for Prometheus."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from leaderboard.server.web.responses import JSON

log = logging.getLogger("leaderboard.server.access")
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# The address of a one-time link contains its secret code.
_LINK = re.compile(r"^/link/.*")


async def health(request: Request) -> Response:
    """200 if the backend answers and its database can be read, else 503."""
    value, _ = await request.app.state.backend.call("health")
    return JSON(value)


class Watch:
    """Logs and counts the requests of this process."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds: Counter[float] = Counter()
        self.total_seconds = 0.0

    def count_and_log(self, scope: Scope, status: int, seconds: float) -> None:
        """Count and log a request that has been answered; status 0 means that the client disconnected first."""
        route = getattr(scope.get("route"), "path", "")
        self.requests[route, status] += 1
        self.total_seconds += seconds
        for bucket in BUCKETS:
            self.seconds[bucket] += seconds <= bucket
        if log.isEnabledFor(logging.INFO):
            log.info("%s", self._line(scope, status, seconds))

    def _line(self, scope: Scope, status: int, seconds: float) -> str:
        path = _LINK.sub("/link/…", scope["path"])[:200]
        address = scope["client"][0] if scope.get("client") else "-"
        values = {
            "address": address,
            "method": scope["method"],
            "path": path,
            "status": status,
            "ms": round(1000 * seconds, 1),
        }
        if self.as_json:
            return json.dumps(values)
        shown = "".join(c if c.isprintable() else "?" for c in path)
        return f"{address} {scope['method']} {shown} {status} {values['ms']} ms"

    async def metrics(self, request: Request) -> Response:
        """The text format of Prometheus, version 0.0.4."""
        lines = ["# TYPE leaderboard_requests_total counter"]
        for (route, status), count in sorted(self.requests.items()):
            lines.append(f'leaderboard_requests_total{{route="{route}",status="{status}"}} {count}')
        lines.append("# TYPE leaderboard_request_seconds histogram")
        for bucket in BUCKETS:
            lines.append(f'leaderboard_request_seconds_bucket{{le="{bucket}"}} {self.seconds[bucket]}')
        count = sum(self.requests.values())
        lines.append(f'leaderboard_request_seconds_bucket{{le="+Inf"}} {count}')
        lines += [
            f"leaderboard_request_seconds_sum {self.total_seconds:.6f}",
            f"leaderboard_request_seconds_count {count}",
        ]
        return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
