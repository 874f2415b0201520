"""The finals as a show: only after the reveal, one key per place, without a network, also without scripts."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leaderboard.cli import main
from leaderboard.competition import entries, lifecycle, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.page.board import read_board
from leaderboard.page.show import show_page, write_show
from leaderboard.standings.places import is_revealed
from tests.leaderboard.page.test_publish import HOSTILE

Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture
def database() -> None:
    """The show does not depend on the database: SQLite is enough."""


@pytest.fixture
def played(make: Make, alike, entry: Entry) -> Callable[..., Competition]:
    """Twelve teams, most of them hostile by name, and a baseline; not frozen yet."""

    def build(**rules: object) -> Competition:
        competition = make(**rules)
        for seed, name in enumerate(("a", "b", *HOSTILE)):
            if seed > 1:
                teams.add(competition, name)
            entries.submit(competition, name, entry(0.3 + 0.05 * seed, seed))
        teams.add(competition, "net", baseline=True)
        entries.submit(competition, "net", entry(0.6, 99))
        return competition

    return functools.partial(alike, build)


def revealed(competition: Competition, path: Path) -> list[str]:
    """Reveal and write the show; the names from the first to the last."""
    lifecycle.set_frozen(competition, True)
    lifecycle.reveal(competition)
    assert write_show(competition, path) == 12
    with competition.read_transaction() as connection:
        return [place.team for place in read_board(competition, connection).ranked]


def test_it_cannot_be_made_before_the_reveal(played, tmp_path: Path, capsys) -> None:
    competition, path = played(), tmp_path / "finals.html"
    command = ["reveal", "--yes", "--show", str(path), "--competition", str(competition.root)]
    assert main(command) == 2
    assert "run leaderboard freeze first" in capsys.readouterr().err
    assert not path.exists()
    with competition.read_transaction() as connection:
        board = read_board(competition, connection)
    with pytest.raises(LeaderboardError, match="not revealed yet"):
        show_page(board)
    lifecycle.set_frozen(competition, True)
    assert main(command) == 0
    assert "press space for each place" in capsys.readouterr().err
    assert path.stat().st_mode & 0o777 == 0o644
    # Made again later, over the old one.
    assert main(command) == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [("finals.txt", "ends in .html"), ("no/x.html", "does not exist"), ("index.html", "is not a show")],
)
def test_where_it_must_not_be_written_nothing_is_revealed(played, tmp_path: Path, capsys, name, message) -> None:
    competition = played()
    lifecycle.set_frozen(competition, True)
    (tmp_path / "index.html").write_text("the course")
    command = ["reveal", "--yes", "--show", str(tmp_path / name), "--competition", str(competition.root)]
    assert main(command) == 2
    assert message in capsys.readouterr().err
    with competition.read_transaction() as connection:
        assert not is_revealed(connection)


def test_its_policy_allows_its_own_script_and_style_and_nothing_else(played, tmp_path: Path) -> None:
    revealed(played(), tmp_path / "finals.html")
    text = (tmp_path / "finals.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    for kind, directive in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy[1]
    assert policy[1].startswith("default-src 'none';")
    assert "unsafe" not in policy[1]
    assert not re.findall(r'(?:src|href)="(?!data:,")', text)
    assert " style=" not in text


def test_if_only_the_first_ten_are_shown_it_contains_no_other_team(played, tmp_path: Path) -> None:
    names = revealed(played(names="top"), tmp_path / "finals.html")
    text = (tmp_path / "finals.html").read_text()
    assert text.count("data-rank=") == 10
    from markupsafe import escape

    assert str(escape(names[9])) in text
    assert f'data-team="{escape(names[11])}"' not in text


@pytest.fixture
def open_show(played, chromium, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """The show in a browser without a network; afterwards there must be no error in its console."""
    path, complaints, contexts = tmp_path / "finals.html", [], []
    names = revealed(played(), path)

    def opened(**options: Any) -> tuple[Any, list[str]]:
        contexts.append(chromium.new_context(offline=True, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(path.as_uri())
        return page, names

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.timeout(120)
def test_one_key_shows_one_place_from_the_last_to_the_first(open_show) -> None:
    page, names = open_show(viewport={"width": 1280, "height": 800})
    assert page.inner_text("#team") == "Ready"
    for hidden in ("#podium", "#all"):
        assert not page.is_visible(hidden)
    sizes = []
    for index, key in enumerate(("Space", "ArrowRight", "Enter", "PageDown", "ArrowDown", "Space", "Space", "Space")):
        page.keyboard.press(key)
        assert page.inner_text("#team") == names[11 - index]
        assert page.inner_text("#rank") == f"Rank {12 - index}"
        assert page.locator("tbody tr[data-rank]:visible").count() == index + 1
        assert not page.is_visible("#podium")
        sizes.append(page.evaluate("parseFloat(getComputedStyle(document.querySelector('#team')).fontSize)"))
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#rank") == "Rank 6"
    page.keyboard.press("End")
    assert page.inner_text("#rank") == "Rank 4"
    # A click, and a button by mouse and by keyboard, show one place each.
    page.click("#card")
    assert page.inner_text("#rank") == "Rank 3"
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('#team')).fontSize)") > max(sizes)
    page.click("#next")
    assert page.inner_text("#rank") == "Rank 2"
    page.focus("#next")
    page.keyboard.press("Space")
    assert (page.inner_text("#rank"), page.inner_text("#team")) == ("Rank 1", names[0])
    page.keyboard.press("Enter")
    assert page.is_visible("#podium")
    assert page.locator("#podium strong").all_inner_texts() == names[:3]
    assert page.locator("tbody tr:visible").count() == 13
    page.keyboard.press("Home")
    assert page.inner_text("#team") == "Ready"


@pytest.mark.timeout(120)
def test_without_script_all_is_shown(open_show) -> None:
    page, names = open_show(java_script_enabled=False, viewport={"width": 375, "height": 700})
    assert page.locator("tbody tr:visible").count() == 13
    assert page.locator("tbody tr[data-rank] bdi").all_inner_texts() == names
    assert page.is_visible("#podium")
    assert not page.is_visible("#stage")


@pytest.mark.timeout(120)
def test_it_suits_phones_the_dark_still_eyes_and_screen_readers(open_show) -> None:
    page, _ = open_show(viewport={"width": 320, "height": 640}, color_scheme="dark", reduced_motion="reduce")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    for key in ("End", "Space", "Space", "Space"):
        page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert page.evaluate("getComputedStyle(document.querySelector('#team')).animationName") == "none"
        assert page.get_attribute("#card", "aria-live") == "polite"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 32)"
    assert axe.Axe().run(page).response["violations"] == []
    page.keyboard.press("Space")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert axe.Axe().run(page).response["violations"] == []
