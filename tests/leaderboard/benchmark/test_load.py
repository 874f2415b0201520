"""The load client against a server of the standard library."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from leaderboard.benchmark.load import Outcome, Request, run


class Seen(ThreadingHTTPServer):
    """Remembers each request and the connection that it came by."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.requests: list[tuple[str, str, str | None, bytes]] = []
        self.connections: set[tuple[str, int]] = set()


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Seen

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, self.headers["Authorization"], body))
        self.server.connections.add(self.client_address)
        self.send_response(404 if self.path == "/none" else 201)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[Seen]:
    with Seen() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_every_number_is_sent_once_and_each_client_keeps_its_connection(server: Seen) -> None:
    def request(number: int) -> Request | None:
        path = "/none" if number % 3 == 0 else f"/{number}"
        return Request("PUT", path, (("Authorization", f"Bearer {number}"),), b"x" * number) if number < 12 else None

    outcome = run(f"http://127.0.0.1:{server.server_port}", 3, request)
    assert outcome.statuses == Counter({201: 8, 404: 4})
    assert sorted(len(body) for *_, body in server.requests) == list(range(12))
    assert {token for _, _, token, _ in server.requests} == {f"Bearer {number}" for number in range(12)}
    assert len(server.connections) == 3
    assert len(outcome.seconds) == 12
    assert max(outcome.seconds) <= outcome.took
    assert outcome.rate == 12 / outcome.took


def test_a_pause_lies_between_the_requests_of_a_client(server: Seen) -> None:
    address = f"http://127.0.0.1:{server.server_port}"
    outcome = run(address, 1, lambda number: Request("GET", "/") if number < 3 else None, pause=0.05)
    assert outcome.took >= 3 * 0.05
    assert server.requests == [("GET", "/", None, b"")] * 3


def test_quantiles_are_of_the_answers_in_order_of_time() -> None:
    outcome = Outcome(took=2.0, seconds=[0.4, 0.1, 0.3, 0.2])
    assert [outcome.quantile(share) for share in (0.0, 0.25, 0.5, 0.99, 1.0)] == [0.1, 0.2, 0.3, 0.4, 0.4]
    assert outcome.rate == 2.0
