"""The proxies of docs/deploy/, run by the real programs: local TLS, body limit, the client's address."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.leaderboard.server.launch.conftest import free_port

DEPLOY = Path(__file__).parents[4] / "docs" / "deploy"
HOST = "localhost"
pytestmark = [pytest.mark.timeout(120), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST}", "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


Proxy = Callable[[int], contextlib.AbstractContextManager[tuple[int, Path]]]


@pytest.fixture
def nginx(tmp_path: Path, certificate: tuple[Path, Path]) -> Proxy:
    """Start nginx with docs/deploy/nginx.conf before a port: its port, and the certificate to trust."""
    if shutil.which("nginx") is None:
        pytest.skip("there is no nginx here")

    @contextlib.contextmanager
    def run(server: int) -> Iterator[tuple[int, Path]]:
        port = free_port()
        text = (DEPLOY / "nginx.conf").read_text()
        for old, new in (
            ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
            ("127.0.0.1:8000", f"127.0.0.1:{server}"),
            ("server_name cifar.example.org;", f"server_name {HOST};"),
            ("/etc/letsencrypt/live/cifar.example.org/fullchain.pem", str(certificate[0])),
            ("/etc/letsencrypt/live/cifar.example.org/privkey.pem", str(certificate[1])),
        ):
            assert old in text
            text = text.replace(old, new)
        folders = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        head = f"pid {tmp_path}/pid;\nerror_log stderr;\ndaemon off;\nevents {{}}\n"
        whole = f"{head}http {{\naccess_log off;\n{folders}{text}}}\n"
        (tmp_path / "nginx.conf").write_text(whole)
        with running(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], port):
            yield port, certificate[0]

    return run


@pytest.fixture
def caddy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Proxy:
    """The same with Caddy and docs/deploy/Caddyfile; it makes its certificate itself."""
    if shutil.which("caddy") is None:
        pytest.skip("there is no Caddy here")

    @contextlib.contextmanager
    def run(server: int) -> Iterator[tuple[int, Path]]:
        port = free_port()
        monkeypatch.setenv("SITE", f"https://{HOST}:{port}")
        monkeypatch.setenv("SERVER", f"127.0.0.1:{server}")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        options = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
        (tmp_path / "Caddyfile").write_text(f"{options}import {DEPLOY / 'Caddyfile'}\n")
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
        with running(command, port):
            yield port, tmp_path / "data/caddy/pki/authorities/local/root.crt"

    return run


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            with (
                contextlib.suppress(OSError),
                contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as probe,
            ):
                probe.connect()
                break
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize("program", ["nginx", "caddy"])
def test_a_file_through_the_proxy(program: str, request, make, entry, start, token) -> None:
    competition = make()
    server = start(competition, "--url", f"https://{HOST}", "--behind-proxy", "127.0.0.1", "--json-logs")
    key = token(competition, "a")
    with request.getfixturevalue(program)(server.port) as (port, trusted):
        context = trust(trusted)

        def call(method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
            connection = http.client.HTTPSConnection(HOST, port, context=context, timeout=30)
            with contextlib.closing(connection):
                with contextlib.suppress(OSError):  # refused before it was sent
                    connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()

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


def trust(certificate: Path) -> ssl.SSLContext:
    for _ in range(100):
        if certificate.exists():
            break
        time.sleep(0.05)
    return ssl.create_default_context(cafile=str(certificate))
