"""The proxies of docs/deploy/, run by the real programs: local TLS, body limit, the client's address."""

from __future__ import annotations

import json

import pytest

from tests.leaderboard.server.launch import proxies
from tests.leaderboard.server.launch.proxies import HOST

pytestmark = [pytest.mark.timeout(120), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.mark.parametrize("program", ["nginx", "caddy"])
def test_a_file_through_the_proxy(program: str, make, entry, start, token, tmp_path) -> None:
    proxies.require(program)
    competition = make()
    server = start(competition, "--url", f"https://{HOST}", "--behind-proxy", "127.0.0.1", "--json-logs")
    key, address = token(competition, "a"), f"127.0.0.1:{server.port}"
    if program == "nginx":
        proxy = proxies.nginx(tmp_path, "nginx.conf", ("127.0.0.1:8000", address))
    else:
        proxy = proxies.caddy(tmp_path, "Caddyfile", SERVER=address)
    with proxy as (port, call):
        status, _, body = call("PUT", "/api/v1/entries/x.csv", entry().read_bytes(), Authorization=f"Bearer {key}")
        assert status == 201, body
        assert json.loads(body)["entry"]["number"] == 1
        # The server knows that people come by TLS, and who they are, whatever they say themselves.
        status, headers, _ = call("GET", "/login", **{"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http"})
        assert status == 200
        assert "Strict-Transport-Security" in {name.title() for name in headers}
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
        if program == "caddy":  # it keeps the port in the Host header, and so does a browser in the Origin
            form["Origin"] = f"https://{HOST}:{port}"
        status, headers, _ = call("POST", "/login", f"token={key}".encode(), **form)
        assert status == 303
        assert "Secure" in next(value for name, value in headers.items() if name.lower() == "set-cookie")
        status, _, _ = call("GET", "/api/v1/quota", Authorization="Bearer wrong", **{"X-Forwarded-For": "6.6.6.6"})
        assert status == 401
        status, _, _ = call("PUT", "/api/v1/entries", b"x" * (65 << 20), Authorization=f"Bearer {key}")
        assert status == 413
