"""The OpenAPI file against the routes, against real answers, and against hostile requests made from it."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from leaderboard.competition import lifecycle
from leaderboard.core.clock import day_bounds
from leaderboard.server.web.app import ROUTES
from leaderboard.server.web.openapi import V1, document
from leaderboard.storage import database

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
DOCUMENT = document()
OPERATIONS = [
    (method, path) for path, methods in DOCUMENT["paths"].items() for method in methods if method != "parameters"
]


def test_it_describes_every_route_and_no_other() -> None:
    routes = {
        (method.lower(), route.path.replace(":path", ""))
        for route in ROUTES
        if isinstance(route, Route) and route.path.startswith(V1)
        for method in route.methods - {"HEAD"}
    }
    assert routes == set(OPERATIONS)
    names = [DOCUMENT["paths"][path][method]["operationId"] for method, path in OPERATIONS]
    assert len(set(names)) == len(names)


def test_it_is_an_openapi_document(site) -> None:
    spec = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    told = site.client().get("/openapi.json").json()
    spec.validate(told)
    assert told == json.loads(json.dumps(DOCUMENT))


def template_of(path: str) -> str | None:
    patterns = {known: re.sub(r"\{\w+\}", "[^/]+", known) for known in DOCUMENT["paths"]}
    return next((known for known, pattern in patterns.items() if re.fullmatch(pattern, path)), None)


def check(answer, method: str, path: str) -> None:
    """The answer's status is described, and its body is as described."""
    template = template_of(path)
    assert template is not None
    described = DOCUMENT["paths"][template][method]["responses"]
    status = str(answer.status_code)
    assert status in described, f"{method} {path}: {status} is not described: {answer.text[:200]}"
    content = described[status]
    if "$ref" in content:
        content = DOCUMENT["components"]["responses"]["Refused"]
    if "application/json" in content.get("content", {}):
        assert answer.headers["content-type"] == "application/json"
        schema = content["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator(schema | {"components": DOCUMENT["components"]})
        validator.validate(answer.json())


def test_real_answers_are_as_described(serve, data, clock) -> None:
    site = serve(daily_quota=2)
    team, nobody = site.as_team(), site.client()

    def ask(client, method: str, path: str, **more):
        answer = client.request(method, f"{V1}/{path}", **more)
        check(answer, method.lower(), f"{V1}/{path}".partition("?")[0])
        return answer.status_code

    statuses = [
        ask(nobody, "GET", "competition"),
        ask(nobody, "GET", "standings"),
        ask(team, "PUT", "entries", content=data(seed=1)),
        ask(team, "POST", "entries", content=data(seed=1)),
        ask(team, "PUT", "entries/x.csv?message=m", content=b"id,label\n"),
        ask(team, "PUT", "entries?message=%00", content=data(seed=2)),
        ask(team, "PUT", "entries", content=data(seed=2)),
        ask(team, "PUT", "entries", content=data(seed=3)),
        ask(team, "PUT", "entries", content=b"x" * 3_000_000),
        ask(team, "POST", "validation", content=data(seed=3)),
        ask(team, "GET", "entries"),
        ask(team, "GET", "quota"),
        ask(team, "GET", "entries/1/file"),
        ask(team, "GET", "entries/7/file"),
        ask(team, "PUT", "picks", json={"entries": [1]}),
        ask(team, "PUT", "picks", json={"entries": [7]}),
        ask(team, "PUT", "picks", json=[]),
        ask(nobody, "GET", "entries"),
        ask(site.as_team("tutor"), "GET", "quota"),
        ask(nobody, "GET", "sample"),
    ]
    assert statuses == [
        200,
        200,
        201,
        200,
        422,
        422,
        201,
        429,
        413,
        200,
        200,
        200,
        200,
        404,
        200,
        422,
        400,
        401,
        403,
        200,
    ]
    lifecycle.set_frozen(site.competition, True)
    assert ask(team, "PUT", "picks", json={"entries": [1]}) == 409
    lifecycle.reveal(site.competition)
    assert ask(team, "GET", "entries") == 200
    assert ask(nobody, "GET", "standings") == 200


NASTY = [
    b"",
    b"\0",
    b"\xff\xfe" + "id,label\n1,cat\n".encode("utf-16-le"),
    b"PK\x03\x04" + bytes(100),
    b"\x1f\x8b\x08" + bytes(100),
    b"id,label\n" + b"1,cat\n" * 1000,
    b'id,label\n"1,cat\n',
    b"id;label\n1;cat\n",
    b"id,label\r1,cat\r",
    b"id,bird,cat,dog\n1,0.1,nan,inf\n",
    b"id,label\n" + b"1" * 100_000 + b",cat\n",
    b"id,label\n1," + "\u202e\U0001f600".encode() * 50 + b"\n",
    b"id,label\n" + b"," * 50_000,
    b"\xef\xbb\xbfid,label\n1,cat",
    b"[" * 15_000,
    b'{"entries": ' + b"9" * 5000 + b"}",
    b'{"entries": [1e400, -1, null, "x", {}]}',
]
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["..", "%00", "../../etc/passwd", "'; DROP TABLE teams; --", "{{7*7}}", "a" * 3000]
)


@st.composite
def requests(draw):
    """A request that the document describes, with everything in it made up."""
    method, path = draw(st.sampled_from(OPERATIONS))
    if draw(st.booleans()) and draw(st.booleans()):
        method = draw(st.sampled_from(["get", "put", "post", "delete", "patch", "head", "options", "trace"]))
    value = draw(TEXTS | st.integers().map(str))
    path = re.sub(r"\{\w+\}", lambda _: __import__("urllib.parse").parse.quote(value, safe=""), path)
    query = draw(st.dictionaries(st.sampled_from(["message", "name", "x"]), TEXTS, max_size=2))
    names = [
        "content-type",
        "accept",
        "if-none-match",
        "cookie",
        "origin",
        "x-forwarded-for",
        "content-encoding",
        "range",
    ]
    ascii_text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
    headers = draw(st.dictionaries(st.sampled_from(names), ascii_text, max_size=3))
    body = draw(st.sampled_from(NASTY) | st.binary(max_size=200))
    role = draw(st.sampled_from(["a", "b", "tutor", "", "made up"]))
    return method, path, query, headers, body, role, draw(ascii_text)


@pytest.fixture
def hostile(serve, data):
    """Answer one hostile request after another; the quota never ends them."""
    site = serve(daily_quota=1000, daily_invalid=1000)
    clients = {name: site.as_team(name) for name in ("a", "b", "tutor")} | {"": site.client()}
    days = itertools.count()

    def ask(request) -> None:
        method, path, query, headers, body, role, word = request
        client = clients.get(role) or site.client(authorization=f"Bearer {word.strip()}")
        if next(days) % 500 == 499:
            _, site.competition.clock.at = day_bounds(site.competition.clock.at, "UTC")
            site.backend.actors._wrong.clear()
        answer = client.request(method, path, params=query, headers=headers, content=body)
        assert answer.status_code < 500, f"{request}: {answer.text[:300]}"
        assert "Traceback" not in answer.text
        assert str(site.competition.root) not in answer.text
        described = template_of(answer.request.url.path)
        if described and method in DOCUMENT["paths"][described] and answer.status_code != 304:
            check(answer, method, described)

    ask.site = site
    return ask


def run(ask, examples: int) -> int:
    """Ask so many hostile requests; how many were answered."""
    asked = 0

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(requests())
    def each(request) -> None:
        nonlocal asked
        ask(request)
        asked += 1

    each()
    return asked


def team_names(site) -> list[str]:
    with site.competition.read_transaction() as connection:
        return sorted(row.name for row in connection.execute(database.teams.select()))


def test_hostile_requests_end_in_no_500(hostile) -> None:
    before = team_names(hostile.site)
    assert run(hostile, 250) >= 250
    assert team_names(hostile.site) == before


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_hostile_requests_end_in_no_500(hostile) -> None:
    assert run(hostile, 10_000) >= 10_000


def test_the_document_is_json(site) -> None:
    assert json.loads(site.client().get("/openapi.json").text)["openapi"] == "3.1.0"
