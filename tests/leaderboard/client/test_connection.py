"""The client against a server that loses answers, is busy, redirects, or is none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from leaderboard.client import connection
from leaderboard.client.connection import InvalidFileError, Server
from leaderboard.core.errors import LeaderboardError, RefusedError

# Status, headers, body; None: the connection ends without an answer.
Answer = tuple[int, dict[str, str], dict] | None


class Stub:
    """A server that gives the answers in their turn, the last one again and again."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers, self.asked = answers, []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.asked.append((self.command, self.path, dict(self.headers), body))
                given = stub.answers[min(len(stub.asked), len(stub.answers)) - 1]
                if given is None:
                    self.close_connection = True
                    return
                status, headers, value = given
                data = json.dumps(value).encode()
                self.send_response(status)
                for name, text in ({"Content-Length": str(len(data))} | headers).items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = answer

            def log_message(self, *_args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def server(self) -> Server:
        return Server(f"http://127.0.0.1:{self.http.server_port}", "0123456789abcdef")

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stub]]:
    waits: list[float] = []
    monkeypatch.setattr(connection.time, "sleep", waits.append)
    made: list[Stub] = []

    def make(*answers: Answer) -> Stub:
        made.append(Stub(list(answers)))
        made[-1].waits = waits
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my net.csv"
    path.write_text("id,label\n1,cat\n")
    return path


def refusal(code: str, text: str = "no", **more: object) -> dict:
    return {"error": {"code": code, "text": text, "fix": "mend it"}, **more}


def test_a_lost_answer_is_asked_for_again_with_the_same_file(stub, file: Path) -> None:
    one = stub(None, (503, {}, refusal("unavailable")), (200, {}, {"repeated": True}))
    assert one.server.submit(file, "a note") == {"repeated": True}
    assert [(method, path) for method, path, _, _ in one.asked] == [
        ("PUT", "/api/v1/entries/my%20net.csv?message=a+note")
    ] * 3
    assert {body for *_, body in one.asked} == {file.read_bytes()}
    assert one.waits == [1, 2]


def test_a_busy_server_is_waited_for_and_a_used_up_quota_is_not(stub, file: Path) -> None:
    busy = (429, {"Retry-After": "3"}, refusal("busy"))
    one = stub(busy, (201, {}, {"repeated": False}))
    assert one.server.submit(file, "")["repeated"] is False
    assert one.waits == [3]
    one = stub((429, {"Retry-After": "5"}, refusal("quota")))
    with pytest.raises(RefusedError, match="no: mend it"):
        one.server.submit(file, "")
    assert len(one.asked) == 1


def test_it_gives_up_in_one_line(stub, file: Path) -> None:
    one = stub(None)
    with pytest.raises(LeaderboardError, match="a file never counts twice"):
        one.server.submit(file, "")
    assert len(one.asked) == connection.ATTEMPTS


def test_a_file_that_is_not_valid_brings_its_problems(stub, file: Path) -> None:
    one = stub((422, {}, refusal("invalid_file", problems=[], more={}, quota={})))
    with pytest.raises(InvalidFileError) as caught:
        one.server.submit(file, "")
    assert caught.value.exit_code == 1
    assert caught.value.report["problems"] == []


def test_a_redirect_gets_no_token(stub) -> None:
    other = stub((200, {}, {}))
    one = stub((302, {"Location": f"{other.server.address}/api/v1/quota"}, {}))
    with pytest.raises(LeaderboardError, match="status 302"):
        one.server.get("quota")
    assert other.asked == []


def test_a_proxys_own_page_is_no_answer_of_ours(stub) -> None:
    one = stub((404, {}, {}))
    with pytest.raises(LeaderboardError, match="status 404: tell the tutor"):
        one.server.get("quota")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://cifar.example.org", "would send your token unencrypted: use https://"),
        ("ftp://cifar.example.org", "is not an address: write https://"),
        ("cifar.example.org", "is not an address"),
        ("https://", "is not an address"),
    ],
)
def test_an_address_that_would_not_keep_the_token(address: str, reason: str) -> None:
    with pytest.raises(LeaderboardError, match=f"^{address} {reason}"):
        Server(address, "x")
