"""A proxy logs people in and names their team in a header: the real programs, with the files of docs/deploy/."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from leaderboard.competition import teams
from tests.leaderboard.server.launch import proxies
from tests.leaderboard.server.launch.proxies import HOST

pytestmark = [pytest.mark.timeout(120), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
PASSWORDS = {"a": "red", "b": "blue"}
HEADER = "X-Remote-User"


def write_hashes(path: Path, separator: str, *command: str) -> None:
    """Write each team's name and the hash of its password, from a command that prints it."""
    lines = [
        f"{name}{separator}{subprocess.run([*command, word], capture_output=True, text=True, check=True).stdout}"
        for name, word in PASSWORDS.items()
    ]
    path.write_text("".join(lines))


def login_proxy(program: str, folder: Path, server: Path) -> AbstractContextManager[tuple[int, proxies.Call]]:
    """The proxy that logs teams in, in front of a server's socket."""
    hashes = folder / "teams"
    if program == "caddy":
        write_hashes(hashes, " ", "caddy", "hash-password", "--plaintext")
        return proxies.caddy(folder, "Caddyfile-login", TEAMS=hashes, SOCKET=server)
    write_hashes(hashes, ":", "openssl", "passwd", "-apr1")
    changes = ("/run/leaderboard/socket", str(server)), ("/etc/nginx/teams", str(hashes))
    # If root starts it, nginx would change to another account, which cannot read this folder.
    return proxies.nginx(folder, "nginx-login.conf", *changes, head="user root;\n")


def basic(name: str, word: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode()}


@pytest.mark.parametrize("program", ["nginx", "caddy"])
def test_the_proxy_says_who_it_is_and_nobody_else_can(program: str, make, entry, start, tmp_path) -> None:
    proxies.require(program)
    path = tmp_path / "socket"
    start(make(), "--url", f"https://{HOST}", "--socket", str(path), "--login-header", HEADER)
    with login_proxy(program, tmp_path, path) as (_, call):
        assert call("GET", "/api/v1/quota")[0] == 401
        assert call("GET", "/api/v1/quota", **{HEADER: "a"})[0] == 401
        assert call("GET", "/api/v1/quota", **basic("a", "wrong"))[0] == 401
        status, _, body = call("PUT", "/api/v1/entries", entry().read_bytes(), **basic("a", "red"), **{HEADER: "b"})
        assert status == 201, body
        assert json.loads(body)["team"] == "a"
        # A browser sends the password along with another site's form.
        form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}
        assert call("POST", "/team/picks", b"entry=1", **form, **basic("a", "red"))[0] == 403
        own = form | {"Sec-Fetch-Site": "same-origin"}
        assert call("POST", "/team/picks", b"entry=1", **own, **basic("a", "red"))[0] == 200


@pytest.mark.parametrize("behind", [("--behind-proxy", "10.0.0.1"), ()])
def test_on_a_port_the_header_is_believed_from_the_proxys_address_alone(make, start, behind: tuple[str, ...]) -> None:
    competition = make()
    options = [*behind, "--login-header", HEADER] if behind else []
    server = start(competition, *options)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("GET", "/api/v1/quota", headers={HEADER: "a", "X-Forwarded-For": "10.0.0.1"})
        assert connection.getresponse().status == 401


def status_of(path: Path, team: str) -> bytes:
    """The status line of a request that names a team."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(30)
        client.connect(str(path))
        lines = ["GET /api/v1/quota HTTP/1.1", f"Host: {HOST}", f"{HEADER}: {team}", "Connection: close", "", ""]
        client.sendall("\r\n".join(lines).encode())
        return client.recv(100).splitlines()[0]


def test_the_socket_is_closed_to_other_accounts(make, start, tmp_path) -> None:
    path = tmp_path / "socket"
    start(make(), "--url", f"https://{HOST}", "--socket", str(path), "--login-header", HEADER)
    assert path.stat().st_mode & 0o007 == 0
    assert b" 200 " in status_of(path, "a")


def test_a_team_that_the_tutor_renamed_is_known_by_its_new_name(make, start, tmp_path) -> None:
    competition, path = make(), tmp_path / "socket"
    teams.rename(competition, "a", "Ärzte")
    start(competition, "--url", f"https://{HOST}", "--socket", str(path), "--login-header", HEADER)
    assert b" 200 " in status_of(path, "Ärzte")
    assert b" 401 " in status_of(path, "a")
