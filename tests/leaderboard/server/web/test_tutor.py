"""The tutor's area: every act, in the same log as on the command line."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.storage import database

RENEWED = r'class="given">([0-9a-f]{32})<'


def events(site) -> list[str]:
    with site.competition.read_transaction() as connection:
        return list(connection.execute(sa.select(database.audit.c.event).order_by(database.audit.c.number)).scalars())


def test_a_term_in_the_area(site, data) -> None:
    tutor = site.in_browser("tutor")
    page = tutor.post("/tutor/acts/add_team", data={"name": "Grace", "alias": ""}).text
    token = re.search(RENEWED, page)[1]
    assert site.client(authorization=f"Bearer {token}").put("/api/v1/entries", content=data()).status_code == 201
    tutor.post("/tutor/acts/rename", data={"team": "Grace", "name": "Hopper"})
    tutor.post("/tutor/acts/alias", data={"team": "Hopper", "name": "Admiral"})
    tutor.post("/tutor/acts/disable", data={"team": "a"})
    tutor.post("/tutor/acts/enable", data={"team": "a"})
    renewed = tutor.post("/tutor/acts/token", data={"team": "Hopper"}).text
    assert token not in renewed
    rules = (site.competition.root / "rules.toml").read_text()
    tutor.post(
        "/tutor/acts/rules", data={"text": rules.replace("daily_quota = 5", "daily_quota = 3").replace("\n", "\r\n")}
    )
    assert site.competition.rules.daily_quota == 3
    grant = {"team": "Hopper", "entries": "2", "until": "2025-12-24 18:00", "reason": "<b>ill</b>"}
    assert "&lt;b&gt;ill" in tutor.post("/tutor/acts/grant", data=grant).text
    grace = site.client(authorization=f"Bearer {re.search(RENEWED, renewed)[1]}")
    quota = grace.get("/api/v1/quota").json()
    assert (quota["left"], quota["allowed"]) == (4, 3 + 2)
    tutor.post("/tutor/acts/revoke", data={"grant": "1"})
    assert grace.get("/api/v1/quota").json()["left"] == 2
    void = {"entry": "1", "reason": "two <accounts>", "gives_back": "yes"}
    assert "two &lt;accounts&gt;" in tutor.post("/tutor/acts/void", data=void).text
    assert grace.get("/api/v1/entries").json()["entries"][0]["not_ranked"] == "void"
    assert grace.get("/api/v1/quota").json()["left"] == 3, "its quota was given back"
    tutor.post("/tutor/acts/restore", data={"entry": "1"})
    assert grace.get("/api/v1/entries").json()["entries"][0]["not_ranked"] is None
    tutor.post("/tutor/acts/move", data={"entry": "1", "team": "a", "reason": "wrong token"})
    assert grace.get("/api/v1/entries").json()["entries"] == []
    tutor.post("/tutor/acts/freeze")
    tutor.post("/tutor/acts/unfreeze")
    tutor.post("/tutor/acts/freeze")
    assert "tick the box" in tutor.post("/tutor/acts/reveal", data={}).text
    assert "are public" in tutor.post("/tutor/acts/reveal", data={"sure": "yes"}).text
    logged = events(site)
    for event in (
        "team added",
        "team renamed",
        "team alias",
        "team disabled",
        "team token",
        "grant",
        "grant revoked",
        "rules",
        "frozen",
        "revealed",
    ):
        assert event in logged
    assert not verify(site.competition).faults
    area = tutor.get("/tutor").text
    assert "Hopper" in area
    for name in ("private-standings.csv", "entries.csv", "log.csv", "findings.csv"):
        assert tutor.get(f"/tutor/exports/{name}").headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("act", "form", "text"),
    [
        ("add_team", {"name": "A", "alias": ""}, "a team is already named"),
        ("add_team", {"name": "", "alias": ""}, "name has 1 to"),
        ("rename", {"team": "nobody", "name": "x"}, "does not exist: add it with"),
        ("grant", {"team": "a", "entries": "many", "until": "2025-12-24", "reason": "x"}, "not a whole number"),
        ("grant", {"team": "a", "entries": "0", "until": "2025-12-24", "reason": ""}, "1 to 200 printable"),
        ("void", {"entry": "7", "reason": "x"}, "entry 7"),
        ("void", {"entry": "seven", "reason": "x"}, "not a whole number"),
        ("restore", {"entry": "7"}, "entry 7"),
        ("revoke", {"grant": "7"}, "grant 7 does not exist"),
        ("rules", {"text": "name ="}, "is not TOML"),
        ("unfreeze", {}, "not frozen"),
        ("reveal", {"sure": "yes"}, "entries are still accepted"),
    ],
)
def test_an_act_that_cannot_be_done_says_why(site, act: str, form: dict, text: str) -> None:
    before = (site.competition.root / "rules.toml").read_text()
    answer = site.in_browser("tutor").post(f"/tutor/acts/{act}", data=form)
    assert answer.status_code in (409, 422)
    assert text in answer.text
    assert str(site.competition.root) not in answer.text
    assert (site.competition.root / "rules.toml").read_text() == before


def test_a_line_for_each_refused_login(site, caplog) -> None:
    site.client(authorization="Bearer wrong").get("/api/v1/quota")
    site.client(accept="text/html").post("/login", data={"token": "wrong too"})
    page = site.in_browser("tutor").get("/tutor").text
    assert page.count("wrong token from testclient") == 2
    assert "wrong too" not in page + caplog.text


def test_wrong_tokens_are_slowed_and_the_right_one_is_taken(site) -> None:
    wrong = site.client(authorization="Bearer wrong")
    statuses = [wrong.get("/api/v1/quota").status_code for _ in range(40)]
    assert statuses == [401] * 30 + [429] * 10
    assert wrong.get("/api/v1/quota").headers["retry-after"] == "60"
    # A college behind one address is not locked out.
    assert site.as_team().get("/api/v1/quota").status_code == 200


def test_rules_that_cannot_be_used_are_shown_to_the_tutor_alone(site, data) -> None:
    (site.competition.root / "rules.toml").write_text("name = ")
    assert site.as_team().put("/api/v1/entries", content=data()).status_code == 201
    assert "is not TOML" in site.in_browser("tutor").get("/tutor").text
    assert "TOML" not in site.client().get("/healthz").text
    assert site.client().get("/healthz").json()["rules"] != "ok"
