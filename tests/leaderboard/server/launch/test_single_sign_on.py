"""A proxy logs people in and names their team in a header: the real programs, with the files of docs/deploy/."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leaderboard.competition import teams
from tests.leaderboard.server.launch.conftest import free_port
from tests.leaderboard.server.launch.test_proxies import DEPLOY, HOST, running, trust
from tests.leaderboard.server.launch.test_proxies import certificate as certificate_fixture

certificate = certificate_fixture
pytestmark = [pytest.mark.timeout(120), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
PASSWORDS = {"a": "red", "b": "blue"}
HEADER = "X-Remote-User"
Proxy = Callable[[Path], contextlib.AbstractContextManager[tuple[int, Path]]]


def text_with(name: str, *changes: tuple[str, str]) -> str:
    text = (DEPLOY / name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def nginx(tmp_path: Path, certificate: tuple[Path, Path]) -> Proxy:
    if shutil.which("nginx") is None:
        pytest.skip("there is no nginx here")

    @contextlib.contextmanager
    def run(path: Path) -> Iterator[tuple[int, Path]]:
        port = free_port()
        command = ["openssl", "passwd", "-apr1"]
        hashes = {
            name: subprocess.run([*command, word], capture_output=True, text=True, check=True).stdout.strip()
            for name, word in PASSWORDS.items()
        }
        (tmp_path / "teams").write_text("".join(f"{name}:{value}\n" for name, value in hashes.items()))
        site = text_with(
            "nginx-login.conf",
            ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
            ("server_name cifar.example.org;", f"server_name {HOST};"),
            ("/etc/letsencrypt/live/cifar.example.org/fullchain.pem", str(certificate[0])),
            ("/etc/letsencrypt/live/cifar.example.org/privkey.pem", str(certificate[1])),
            ("/run/leaderboard/socket", str(path)),
            ("/etc/nginx/teams", str(tmp_path / "teams")),
        )
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
        # Where it is started by root it would give its rights away, and could not read this folder.
        head = f"user root;\npid {tmp_path}/pid;\nerror_log stderr;\ndaemon off;\nevents {{}}\n"
        (tmp_path / "nginx.conf").write_text(f"{head}http {{\naccess_log off;\n{folders}{site}}}\n")
        with running(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], port):
            yield port, certificate[0]

    return run


@pytest.fixture
def caddy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Proxy:
    if shutil.which("caddy") is None:
        pytest.skip("there is no Caddy here")

    @contextlib.contextmanager
    def run(path: Path) -> Iterator[tuple[int, Path]]:
        port = free_port()
        command = ["caddy", "hash-password", "--plaintext"]
        hashes = {
            name: subprocess.run([*command, word], capture_output=True, text=True, check=True).stdout.strip()
            for name, word in PASSWORDS.items()
        }
        (tmp_path / "teams").write_text("".join(f"{name} {value}\n" for name, value in hashes.items()))
        values = {"SITE": f"https://{HOST}:{port}", "TEAMS": tmp_path / "teams", "SOCKET": path}
        values |= {"XDG_DATA_HOME": tmp_path / "data", "XDG_CONFIG_HOME": tmp_path / "config"}
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        options = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
        (tmp_path / "Caddyfile").write_text(options + text_with("Caddyfile-login"))
        with running(["caddy", "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")], port):
            yield port, tmp_path / "data/caddy/pki/authorities/local/root.crt"

    return run


def basic(name: str, word: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode()}


@pytest.mark.parametrize("program", ["nginx", "caddy"])
def test_the_proxy_says_who_it_is_and_nobody_else_can(program: str, request, make, entry, start, tmp_path) -> None:
    competition, path = make(), tmp_path / "socket"
    start(competition, "--url", f"https://{HOST}", "--socket", str(path), "--login-header", HEADER)
    with request.getfixturevalue(program)(path) as (port, trusted):
        context = trust(trusted)

        def call(method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
            with contextlib.closing(http.client.HTTPSConnection(HOST, port, context=context, timeout=30)) as connection:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()

        assert call("GET", "/api/v1/quota")[0] == 401
        assert call("GET", "/api/v1/quota", **{HEADER: "a"})[0] == 401
        assert call("GET", "/api/v1/quota", **basic("a", "wrong"))[0] == 401
        status, body = call("PUT", "/api/v1/entries", entry().read_bytes(), **basic("a", "red"), **{HEADER: "b"})
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
