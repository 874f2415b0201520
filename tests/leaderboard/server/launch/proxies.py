"""Run nginx and Caddy with the files of docs/deploy/ in front of a server, on free ports, with local certificates."""

from __future__ import annotations

import contextlib
import functools
import http.client
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
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
Call = Callable[..., tuple[int, dict[str, str], bytes]]


def deployed(name: str, *changes: tuple[str, str]) -> str:
    """A file of docs/deploy/ with texts replaced."""
    text = (DEPLOY / name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def require(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")


@contextlib.contextmanager
def nginx(folder: Path, name: str, *changes: tuple[str, str], head: str = "") -> Iterator[tuple[int, Call]]:
    """Run nginx with a file of docs/deploy/; yield its port and a function that sends it a request."""
    require("nginx")
    require("openssl")
    port, certificate, key = free_port(), folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST}", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    site = deployed(
        name,
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("server_name cifar.example.org;", f"server_name {HOST};"),
        ("/etc/letsencrypt/live/cifar.example.org/fullchain.pem", str(certificate)),
        ("/etc/letsencrypt/live/cifar.example.org/privkey.pem", str(key)),
        *changes,
    )
    head += f"pid {folder}/pid;\nerror_log stderr;\ndaemon off;\nevents {{}}\n"
    folders = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in TEMPORARY)
    (folder / "nginx.conf").write_text(f"{head}http {{\naccess_log off;\n{folders}{site}}}\n")
    with _running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], port, certificate) as proxy:
        yield proxy


@contextlib.contextmanager
def caddy(folder: Path, name: str, **environment: object) -> Iterator[tuple[int, Call]]:
    """The same with Caddy, which makes its certificate itself."""
    require("caddy")
    port = free_port()
    environment |= {"SITE": f"https://{HOST}:{port}"}
    environment |= {"XDG_DATA_HOME": folder / "data", "XDG_CONFIG_HOME": folder / "config"}
    options = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(options + deployed(name))
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, str(value))
        with _running(command, port, folder / "data/caddy/pki/authorities/local/root.crt") as proxy:
            yield proxy


@contextlib.contextmanager
def _running(command: list[str], port: int, certificate: Path) -> Iterator[tuple[int, Call]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            assert process.poll() is None, process.stderr.read().decode()
            with contextlib.suppress(OSError):  # it does not listen, or has no certificate yet
                context = ssl.create_default_context(cafile=str(certificate))
                with contextlib.closing(http.client.HTTPSConnection(HOST, port, context=context, timeout=5)) as probe:
                    probe.connect()
                    break
            time.sleep(0.05)
        yield port, functools.partial(_call, port, context)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _call(
    port: int, context: ssl.SSLContext, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer."""
    with contextlib.closing(http.client.HTTPSConnection(HOST, port, context=context, timeout=30)) as connection:
        connection.connect()
        with contextlib.suppress(OSError):  # refused before it was sent
            connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
