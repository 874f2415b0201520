"""A team's and a tutor's life in a real browser: with script and without, on a phone, by keyboard, in the dark."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leaderboard.competition import access
from leaderboard.competition.competition import Competition

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
PHONE = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def served(make, start, token) -> tuple[Competition, str, dict[str, str]]:
    """A server with the teams a and b: the competition, the address, the tokens."""
    competition = make(deadline="2099-12-20", timezone="Europe/Berlin")
    tokens = {name: token(competition, name) for name in ("a", "b")} | {"tutor": access.new_tutor_token(competition)}
    return competition, f"http://127.0.0.1:{start(competition).port}", tokens


@pytest.fixture
def open_page(chromium, served) -> Iterator[Callable[..., Any]]:
    """A page of a new browser, and that no page of it ever complained."""
    complaints: list[str] = []
    contexts = []

    def opened(**options: Any) -> Any:
        context = chromium.new_context(base_url=served[1], **({"viewport": WIDE} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def log_in(page: Any, token: str) -> None:
    page.goto("/login")
    page.fill("#token", token)
    page.click("main button")


def entries_shown(page: Any) -> int:
    return page.locator("section[aria-labelledby=entries] tbody tr").count()


def test_a_team_hands_in_with_script(served, open_page, entry, tmp_path: Path) -> None:
    _, _, tokens = served
    page = open_page(locale="en-GB", timezone_id="Asia/Tokyo")
    log_in(page, tokens["a"])
    page.wait_for_url("**/team")
    # The deadline in the competition's zone, and in the reader's.
    assert "2099-12-20 23:59 Europe/Berlin" in page.inner_text(".facts")
    assert "21 Dec 2099, 07:59" in page.inner_text(".facts")
    page.set_input_files("#file", entry(seed=1))
    page.fill("#message", "first <b>net</b>")
    page.click("button[value=submit]")
    page.wait_for_selector("#result >> text=Entry 1 is accepted")
    page.wait_for_function("document.querySelectorAll('section[aria-labelledby=entries] tbody tr').length === 1")
    assert "first <b>net</b>" in page.inner_text("section[aria-labelledby=entries]")
    assert page.evaluate("document.activeElement.id") == "result"
    assert page.inner_text(".facts dd >> nth=0") == "4 of 5"
    bad = tmp_path / "bad.csv"
    bad.write_text("id,label\n1,Cat\n1,dog\n3,<img src=x onerror=alert(1)>\n")
    page.set_input_files("#file", bad)
    page.click("button[value=submit]")
    page.wait_for_selector("#result >> text=LABEL_CASE")
    for code in ("ID_TWICE", "LABEL_UNKNOWN", "ID_MISSING"):
        assert code in page.inner_text("#result")
    page.set_input_files("#file", entry(seed=2))
    page.click("button[value=validate]")
    page.wait_for_selector("#result >> text=The file is valid")
    assert entries_shown(page) == 1
    with page.expect_download() as download:
        page.click("text=entry-0.8-1.csv")
    assert Path(download.value.path()).read_bytes() == entry(seed=1).read_bytes()
    page.check("input[name=entry]")
    page.click("text=Save the choice")
    page.wait_for_selector("text=The choice is saved")
    assert page.is_checked("input[name=entry]")
    page.click("text=Log out")
    page.goto("/team")
    assert page.url.endswith("/login")


def test_a_file_is_dropped(served, open_page) -> None:
    page = open_page()
    log_in(page, served[2]["a"])
    page.evaluate(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File(["id,label\\n1,Cat\\n"], "dropped.csv", {type: "text/csv"}));
          const drop = new DragEvent("drop", {dataTransfer: files, cancelable: true});
          document.getElementById("upload").dispatchEvent(drop);
        }"""
    )
    page.click("button[value=submit]")
    page.wait_for_selector("#result >> text=LABEL_CASE")
    assert "write it as cat" in page.inner_text("#result")


def test_a_lost_connection_says_that_a_retry_is_safe(served, open_page, entry) -> None:
    page = open_page()
    log_in(page, served[2]["a"])
    page.set_input_files("#file", entry())
    page.route("**/team/entries", lambda route: route.abort())
    page.click("button[value=submit]")
    page.wait_for_selector("#state >> text=it cannot be entered twice")
    assert entries_shown(page) == 0


def test_a_team_hands_in_without_script(served, open_page, entry, tmp_path: Path) -> None:
    page = open_page(java_script_enabled=False, locale="de-DE")
    log_in(page, served[2]["a"])
    page.set_input_files("#file", entry(seed=1))
    page.click("button[value=submit]")
    assert "Einreichung 1 wurde angenommen" in page.inner_text("main")
    page.click("text=Zurück zu meinem Team")
    page.set_input_files("#file", Path(__file__))
    page.click("button[value=submit]")
    assert "Die Datei ist nicht gültig" in page.inner_text("main")
    page.goto("/team")
    page.check("input[name=entry]")
    page.click("text=Auswahl speichern")
    assert "Die Auswahl wurde gespeichert" in page.inner_text("main")
    page.click("text=Rangliste")
    assert page.inner_text("h2 >> nth=0") in ("Rangliste", "Bestes Ergebnis im Zeitverlauf")
    page.goto("/team")
    page.click("text=Abmelden")
    page.goto("/team")
    assert "Anmelden" in page.inner_text("h1")


def test_the_standings_stay_fresh_without_reloading(served, open_page, entry) -> None:
    competition, _, _ = served
    page = open_page()
    page.clock.install()
    page.goto("/")
    assert "No entries yet" in page.inner_text("main")
    from leaderboard.competition import entries

    entries.submit(competition, "b", entry())
    team = page.locator("th.team >> text=b")
    for _ in range(30):  # an answer may still be that of a moment before the entry
        page.clock.fast_forward(31_000)
        time.sleep(1)
        if team.count():
            break
    assert team.is_visible()


def test_a_team_logs_in_and_hands_in_by_keyboard_alone(served, open_page, entry) -> None:
    page = open_page()
    page.goto("/login")
    for _ in range(4):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "token"
    page.keyboard.type(served[2]["a"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/team")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.set_input_files("#file", entry())
    page.focus("#message")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result >> text=is accepted")
    outline = page.evaluate("getComputedStyle(document.activeElement, ':focus-visible').outlineStyle")
    assert outline != "none"


@pytest.mark.timeout(400)
def test_every_page_is_accessible_and_fits(served, open_page, entry, tmp_path: Path) -> None:
    """On a wide screen and on a phone, light and dark."""
    _, _, tokens = served
    page = open_page()
    axe = axe_playwright.Axe()
    bad = tmp_path / "bad.csv"
    bad.write_text("id,label\n1,Cat\n")

    def check(where: str) -> None:
        for screen, scheme in itertools.product((WIDE, PHONE), ("light", "dark")):
            page.set_viewport_size(screen)
            page.emulate_media(color_scheme=scheme)
            result = axe.run(page)
            assert result.violations_count == 0, f"{where}, {scheme}, {screen}: {result.generate_report()}"
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= screen["width"], f"{where} is {width} wide"

    page.goto("/login")
    check("login")
    page.fill("#token", "wrong")
    page.click("main button")
    check("refused login")
    log_in(page, tokens["a"])
    check("a team's page without entries")
    page.set_input_files("#file", entry(seed=1))
    page.fill("#message", "a note of some length, " * 8)
    page.click("button[value=submit]")
    page.wait_for_selector("#result >> text=is accepted")
    check("accepted")
    page.set_input_files("#file", bad)
    page.click("button[value=submit]")
    page.wait_for_selector("#result >> text=LABEL_CASE")
    check("not valid")
    page.goto("/")
    check("the standings")
    page.goto("/tutor")
    check("refused page")
    page = open_page()
    log_in(page, tokens["tutor"])
    check("the tutor's area")


def test_a_tutor_gives_a_link_and_a_team_uses_it(served, open_page) -> None:
    _, _, tokens = served
    tutor, team = open_page(), open_page(locale="de-DE")
    log_in(tutor, tokens["tutor"])
    tutor.fill("#name", "Löwen")
    tutor.click("text=Add the team")
    tutor.wait_for_selector("text=Löwen is added")
    tutor.click("button[aria-label='One-time link: Löwen']")
    link = tutor.inner_text(".given")
    team.goto(link)
    assert "als Löwen" in team.inner_text("main")
    team.click("main button")
    team.wait_for_url("**/team")
    assert team.inner_text("h1") == "Löwen"
