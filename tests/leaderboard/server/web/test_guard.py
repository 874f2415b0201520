"""Hosts, origins, proxies."""

from __future__ import annotations

import pytest

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "localhost@evil.example", "evil.example:80"]
)
def test_another_host_is_refused(site, host: str) -> None:
    answer = site.client(host=host).get("/")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_the_own_names_are_taken(site, host: str) -> None:
    assert site.client(host=host).get("/healthz").status_code == 200


@pytest.mark.parametrize(("scheme", "status"), [("Basic", 403), ("Bearer", 401), ("bearer", 401)])
def test_a_password_that_a_browser_adds_by_itself_proves_nothing(site, scheme: str, status: int) -> None:
    client = site.client(authorization=f"{scheme} x", **{"sec-fetch-site": "cross-site"})
    assert client.put("/api/v1/picks", json={"entries": []}).status_code == status


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://localhost"}, True),
        ({"origin": "https://localhost"}, False),
        ({"origin": "http://localhost:81"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        # The first header decides: a page can set neither of them.
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost"}, False),
        # A token beside a session does not make up for the origin.
        ({"sec-fetch-site": "cross-site", "authorization": "Bearer x"}, False),
        ({}, False),
    ],
)
def test_a_session_acts_from_our_own_pages_alone(site, data, headers: dict, taken: bool) -> None:
    session = site.in_browser().cookies["leaderboard"]
    client = site.client(cookies={"leaderboard": session}, **headers)
    answer = client.post("/team/picks", content=b"", headers=FORM)
    assert (answer.status_code == 200) is taken
    assert taken or answer.json()["error"]["code"] == "cross_site"
    assert client.get("/team").status_code == (401 if "authorization" in headers else 200)


def test_another_site_cannot_log_a_browser_in(site) -> None:
    form = {"token": site.tokens["a"]}
    assert site.client(**{"sec-fetch-site": "cross-site"}).post("/login", data=form).status_code == 403
    assert site.client(origin="http://evil.example").post("/login", data=form).status_code == 403


def test_only_the_proxy_is_believed(serve, caplog) -> None:
    site = serve({"proxy": "testclient"})
    site.client(authorization="Bearer x", **{"x-forwarded-for": "6.6.6.6, 10.1.2.3"}).get("/api/v1/quota")
    assert site.backend.actors.refused[-1]["address"] == "10.1.2.3"
    site = serve_without_proxy(site)
    site.client(authorization="Bearer x", **{"x-forwarded-for": "10.1.2.3"}).get("/api/v1/quota")
    assert site.backend.actors.refused[-1]["address"] == "testclient"


def serve_without_proxy(site):
    from dataclasses import replace

    from leaderboard.server.web.app import build
    from tests.leaderboard.server.conftest import LocalBackend

    settings = replace(site.app.state.settings, proxy="", login_header="")
    return replace(site, app=build(LocalBackend(site.backend), settings))


def test_single_sign_on_by_the_proxy_and_by_nobody_else(serve) -> None:
    site = serve({"proxy": "testclient", "login_header": "X-Remote-User"})
    assert site.client(**{"x-remote-user": "a"}).get("/api/v1/entries").status_code == 200
    assert site.client(**{"x-remote-user": "nobody"}).get("/api/v1/entries").status_code == 401
    # Without a proxy, any client can send the header; and a backend believes a web process only with its option.
    assert serve_without_proxy(site).client(**{"x-remote-user": "a"}).get("/api/v1/entries").status_code == 401


def test_a_session_is_for_tls_alone_when_the_address_is(serve) -> None:
    site = serve({"proxy": "testclient"})
    from dataclasses import replace

    from leaderboard.server.web.app import build
    from tests.leaderboard.server.conftest import LocalBackend

    secure = replace(
        site, app=build(LocalBackend(site.backend), replace(site.app.state.settings, url="https://localhost"))
    )
    headers = {"x-forwarded-proto": "https", "origin": "https://localhost"}
    answer = secure.client(**headers).post("/login", data={"token": site.tokens["a"]})
    assert "Secure" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers
