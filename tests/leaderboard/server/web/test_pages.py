"""The pages without a browser: forms, sessions, links, languages."""

from __future__ import annotations

import re

import pytest

from leaderboard.competition import access, lifecycle, teams


def test_a_team_hands_in_by_a_form(site, data) -> None:
    browser = site.in_browser()
    answer = browser.post(
        "/team/entries", files={"file": ("my net.csv", data())}, data={"message": "<b>", "act": "submit"}
    )
    assert answer.status_code == 200
    assert "Entry 1 is accepted" in answer.text
    page = browser.get("/team").text
    assert "my net.csv" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert browser.get("/team/entries/1/file").content == data()
    again = browser.post("/team/entries", files={"file": ("x.csv", data())}, data={"act": "submit"})
    assert "This file is already your entry 1" in again.text


def test_an_invalid_file_shows_every_problem(site) -> None:
    browser = site.in_browser()
    file = ("x.csv", b"id,label\n1,<script>alert(1)</script>\n")
    answer = browser.post("/team/entries", files={"file": file}, data={"act": "submit"})
    assert answer.status_code == 422
    assert "LABEL_UNKNOWN" in answer.text
    assert "<script>alert" not in answer.text
    checked = browser.post("/team/entries", files={"file": file}, data={"act": "validate"})
    assert checked.status_code == 200
    assert "ID_MISSING" in checked.text


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"file": "not a file"}, "files": {}},
        {"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"x", "headers": {"content-type": "text/csv"}},
        {"files": [("file", ("a", b"x")), ("file", ("b", b"x"))]},
    ],
)
def test_a_form_that_cannot_be_read(site, body: dict) -> None:
    assert site.in_browser().post("/team/entries", **body).status_code == 400


def test_a_form_beyond_the_limit(site) -> None:
    limit = site.client().get("/api/v1/competition").json()["max_bytes"]
    for size in (limit + 1, limit + 100_000):
        answer = site.in_browser().post("/team/entries", files={"file": ("x.csv", b"x" * size)})
        assert answer.status_code == 413
        assert "larger than" in answer.text


def test_picks_by_a_form(site, data) -> None:
    browser = site.in_browser()
    for seed in range(2):
        browser.post("/team/entries", files={"file": ("x.csv", data(seed=seed))})
    answer = browser.post("/team/picks", data={"entry": ["2"]})
    assert "The choice is saved" in answer.text
    assert re.findall(r'value="(\d)"[^>]* checked', answer.text) == ["2"]
    assert browser.post("/team/picks", data={"entry": ["x"]}).status_code == 400
    assert "checked" not in browser.post("/team/picks", data={}).text


def test_no_session_leads_to_the_login(site) -> None:
    answer = site.client(accept="text/html").get("/team")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    wrong = site.client(accept="text/html").post("/login", data={"token": "x"})
    assert wrong.status_code == 401
    assert 'role="alert"' in wrong.text


def test_a_new_token_ends_every_session(site) -> None:
    browser, tutor = site.in_browser(), site.in_browser("tutor")
    assert browser.get("/team").status_code == 200
    teams.renew_token(site.competition, "a")
    assert browser.get("/team").status_code == 303
    access.new_tutor_token(site.competition)
    assert tutor.get("/tutor").status_code == 303


def test_a_session_ends_by_logging_out(site) -> None:
    browser = site.in_browser()
    browser.post("/logout")
    assert browser.get("/team").status_code == 303


@pytest.mark.parametrize(
    "change", [lambda c: c[:-1], lambda c: c + "x", lambda c: "", lambda c: c.replace(".", "..", 1)]
)
def test_a_session_that_someone_made_up(site, change) -> None:
    session = site.in_browser().cookies["leaderboard"]
    forged = site.client(cookies={"leaderboard": change(session)}, accept="application/json")
    assert forged.get("/team").status_code == 401


def test_a_session_of_the_team_is_none_of_the_tutor(site) -> None:
    assert site.in_browser().get("/tutor").status_code == 403
    assert site.in_browser("tutor").get("/team").status_code == 403


def test_a_one_time_link(site) -> None:
    tutor = site.in_browser("tutor")
    page = tutor.post("/tutor/acts/link", data={"team": "a"}).text
    path = re.search(r"http://localhost(/link/[^<]+)", page)[1]
    browser = site.client(accept="text/html", **{"sec-fetch-site": "same-origin"})
    # Looking does not use it up: programs look at links in mails.
    assert "as a" in browser.get(path).text
    assert "as a" in browser.get(path).text
    assert browser.post(path).headers["location"] == "/team"
    assert browser.get("/team").status_code == 200
    second = site.client(accept="text/html", **{"sec-fetch-site": "same-origin"})
    assert second.post(path).status_code == 401
    assert site.client().get("/link/abc").status_code == 401


def test_a_link_ends_with_the_token(site) -> None:
    with site.competition.read_transaction() as connection:
        code = site.backend.actors.new_link(teams.by_name(connection, "a"))
    teams.renew_token(site.competition, "a")
    assert site.client().post(f"/link/{code}").status_code == 401


@pytest.mark.parametrize(
    ("accepted", "language", "text"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de", "Anmelden"),
        ("en", "en", "Log in"),
        ("fr", "en", "Log in"),
        ("en;q=0.1, de", "de", "Anmelden"),
    ],
)
def test_the_browser_chooses_the_language(site, accepted: str, language: str, text: str) -> None:
    answer = site.client(**{"accept-language": accepted}).get("/login")
    assert f'<html lang="{language}"' in answer.text
    assert f"<h1>{text}</h1>" in answer.text
    assert answer.headers["content-language"] == language


def test_the_board_is_the_published_page_with_links(site, data) -> None:
    site.as_team().put("/api/v1/entries", content=data())
    page = site.client(**{"accept-language": "de"}).get("/")
    assert "Mein Team" in page.text
    assert "data-live=" in page.text
    assert "Content-Security-Policy" not in page.text
    assert site.client().get("/leaderboard.json").json()["standings"][0]["team"] == "a"
    assert site.client().get("/leaderboard.csv").text.startswith("rank,team")
    assert site.client().get("/sample_submission.csv").content == site.competition.sample.read_bytes()


def test_the_final_page_shows_private_scores(site, data) -> None:
    browser = site.in_browser()
    browser.post("/team/entries", files={"file": ("x.csv", data())})
    assert "Private score" not in browser.get("/team").text
    lifecycle.set_frozen(site.competition, True)
    lifecycle.reveal(site.competition)
    page = browser.get("/team").text
    assert "Private score" in page
    assert "No entries are accepted now" in page
