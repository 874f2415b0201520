"""Every route, every role, every state: who gets in, and that no answer says more than it may."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route

from leaderboard.competition import lifecycle
from leaderboard.server.web import app as application
from leaderboard.server.web.tutor import ACTS, EXPORTS
from tests.leaderboard.conftest import HOUR

ROLES = ("nobody", "wrong token", "a", "a in a browser", "tutor", "tutor in a browser")
STATES = ("open", "closed", "frozen", "revealed")
PRIVATE_FILE_LINES = 25


def addresses(route: Route) -> list[str]:
    values = {
        "number": ["1", "2"],
        "file_name": ["x.csv"],
        "code": ["no-such-code"],
        "act": [*ACTS],
        "name": [*EXPORTS],
    }
    found = [route.path.replace(":path", "")]
    for key, texts in values.items():
        found = [path.replace(f"{{{key}}}", text) for path in found for text in texts]
    return sorted(set(found))


def is_for(path: str) -> str:
    if path.startswith("/tutor"):
        return "tutor"
    own = ("/team", "/api/v1/quota", "/api/v1/entries", "/api/v1/validation", "/api/v1/picks")
    return "a" if path.startswith(own) else ""


def client_of(site, role: str):
    if role == "nobody":
        return site.client()
    if role == "wrong token":
        return site.client(authorization="Bearer 00000000000000000000000000000000")
    name = role.split()[0]
    return site.in_browser(name) if "browser" in role else site.as_team(name)


@pytest.fixture
def played(serve, data, clock):
    site = serve(daily_quota=100, deadline="2025-11-24")
    # Of a known private score that no public score equals.
    for name, accuracy, seed in (("a", 0.83, 1), ("b", 0.71, 2)):
        answer = site.as_team(name).put(
            f"/api/v1/entries/of-{name}.csv?message=secret+of+{name}", content=data(accuracy, seed)
        )
        assert answer.status_code == 201
    return site


def bring_into(site, state: str, clock) -> None:
    if state == "closed":
        clock.at += 13 * HOUR
    elif state in ("frozen", "revealed"):
        lifecycle.set_frozen(site.competition, True)
        if state == "revealed":
            lifecycle.reveal(site.competition)


def private_scores(site) -> set[str]:
    from leaderboard.standings import ranking

    with site.competition.read_transaction() as connection:
        entries = ranking.private_entries(connection)
    public = {f"{entry.public.value:.6f}" for entry in entries}
    found = {f"{entry.private.value:.6f}" for entry in entries}
    assert not public & found
    return {text for value in found for text in (value, f"{100 * float(value):.2f}")}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_no_answer_says_more_than_it_may(played, data, clock, role: str, state: str) -> None:
    site = played
    hidden = private_scores(site)
    bring_into(site, state, clock)
    client = client_of(site, role)
    solution = (site.competition.root / "private" / "solution-0.csv").read_text()
    asked = 0
    for route in application.ROUTES:
        for path in addresses(route):
            for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                if path in ("/logout", "/tutor/acts/reveal", "/tutor/acts/freeze", "/tutor/acts/unfreeze"):
                    continue
                answer = client.request(method, path, content=b"" if method == "GET" else b"x=1")
                where = f"{method} {path} as {role}, {state}"
                check_entrance(answer, path, role, where)
                check_content(site, answer, path, role, state, hidden, solution, where)
                asked += 1
        site.backend.actors._wrong.clear()  # so many wrong tokens in a minute would be told to wait
    assert asked > 40


def check_entrance(answer, path: str, role: str, where: str) -> None:
    assert answer.status_code not in (500, 503), f"{where}: {answer.text}"
    wanted = is_for(path)
    if wanted and role.split()[0] != wanted:
        # Nobody, and whoever has another role, is refused whatever is asked; a browser is sent to the login.
        allowed = (401, 303) if role in ("nobody", "wrong token") else (403,)
        assert answer.status_code in allowed, f"{where}: {answer.status_code}"
    elif wanted:
        assert answer.status_code not in (401, 403), f"{where}: {answer.text}"


def check_content(site, answer, path, role, state, hidden, solution, where) -> None:
    text = answer.text + str(dict(answer.headers))
    assert str(site.competition.root) not in text, where
    assert "Traceback" not in text, where
    if not path.endswith("/file") and role.split()[0] != "tutor":
        lines = set(solution.splitlines()[1:])
        assert len(lines & set(text.splitlines())) < PRIVATE_FILE_LINES, where
    if role.split()[0] == "tutor":
        return
    assert "secret of b" not in text, where
    assert "of-b.csv" not in text, where
    assert ("secret of a" in text) <= (role.split()[0] == "a"), where
    for name in ("b", "tutor"):
        assert site.tokens[name] not in text, where
    if state != "revealed":
        numbers = set(re.findall(r"\d+\.\d+", text))
        assert not {h for h in hidden if any(number.startswith(h) for number in numbers)}, where


@pytest.mark.parametrize("role", ["a in a browser", "nobody"])
def test_the_security_headers_are_on_every_answer(played, role: str) -> None:
    client = client_of(played, role)
    for path in (
        "/",
        "/team",
        "/tutor",
        "/login",
        "/nowhere",
        "/static/server.js",
        "/api/v1/quota",
        "/leaderboard.csv",
    ):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy.replace("style-src 'self' 'unsafe-inline'", "")
        assert ("'unsafe-inline'" in policy) <= (path == "/")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_no_page_has_script_or_style_of_its_own(played) -> None:
    browser, tutor = played.in_browser(), played.in_browser("tutor")
    for client, path in ((browser, "/team"), (browser, "/login"), (tutor, "/tutor"), (browser, "/nowhere")):
        text = client.get(path).text
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=", text), path
