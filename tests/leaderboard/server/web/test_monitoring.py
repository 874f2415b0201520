"""Logs without secrets, health, figures."""

from __future__ import annotations

import json
import logging

import pytest


def test_a_line_for_each_request_without_tokens_or_contents(serve, data, caplog) -> None:
    site = serve({"json_logs": True})
    with caplog.at_level(logging.INFO, "leaderboard.server.access"):
        logging.getLogger("leaderboard.server.access").setLevel(logging.INFO)
        site.as_team().put("/api/v1/entries?message=very+secret", content=data())
        site.client().post("/login", data={"token": site.tokens["a"]})
        site.client().get("/link/abcdef.secret")
        site.client().get("/%0aforged line")
    lines = [json.loads(record.message) for record in caplog.records if record.name == "leaderboard.server.access"]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("PUT", "/api/v1/entries", 201),
        ("POST", "/login", 303),
        ("GET", "/link/…", 401),
        ("GET", "/\nforged line", 404),
    ]
    for secret in (site.tokens["a"], "very secret", "id,label", "abcdef"):
        assert secret not in caplog.text


def test_a_path_cannot_forge_a_line(site, caplog) -> None:
    with caplog.at_level(logging.INFO, "leaderboard.server.access"):
        logging.getLogger("leaderboard.server.access").setLevel(logging.INFO)
        site.client().get("/%0aforged%1b[2J")
    messages = [record.message for record in caplog.records if record.name == "leaderboard.server.access"]
    assert len(messages) == 1
    assert messages[0].isprintable()


def test_figures_are_served_only_when_asked_for(serve) -> None:
    site = serve()
    assert site.client().get("/metrics").status_code == 404


def test_figures_count_requests(serve) -> None:
    site = serve({"metrics": True})
    for _ in range(3):
        site.client().get("/login")
    text = site.client().get("/metrics").text
    assert 'leaderboard_requests_total{route="/login",status="200"} 3' in text
    assert "leaderboard_request_seconds_count 3" in text


def test_health_is_503_when_the_database_does_not_answer(site) -> None:
    assert site.client().get("/healthz").json() == {"status": "ok", "rules": "ok"}
    site.competition.close()
    (site.competition.root / "leaderboard.db").rename(site.competition.root / "away")
    (site.competition.root / "leaderboard.db").mkdir()
    answer = site.client().get("/healthz")
    assert answer.status_code == 503
    assert str(site.competition.root) not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/login"])
def test_head_is_answered_where_get_is(site, path: str) -> None:
    assert site.client().head(path).status_code == 200
