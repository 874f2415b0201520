"""The published files: what they contain, what they never contain, and how a real browser shows them."""

from __future__ import annotations

import csv
import functools
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from leaderboard.competition import entries, lifecycle, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import progress
from leaderboard.page.board import read_board
from leaderboard.page.publish import publish

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</title><svg/onload=alert(1)>",
    "{{ 7 * 7 }}",
    "{% include 'page.css' %}",
    "javascript:alert(1)",
    "=HYPERLINK(1)",
    "&lt;b&gt;",
    "فريق النور",
)
Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture
def database() -> None:
    """The page does not depend on the database: SQLite is enough."""


@pytest.fixture
def played(make: Make, alike, entry: Entry, clock) -> Callable[..., Competition]:
    """Fourteen teams, some hostile by name, two entries each over two days, and a baseline."""

    def build(**rules: object) -> Competition:
        competition = make(**rules)
        for name in (*HOSTILE, "third", "fourth"):
            teams.add(competition, name)
        teams.add(competition, "constant class", baseline=True)
        everyone = ("a", "b", *HOSTILE, "third", "fourth", "constant class")
        for day in range(2):
            for seed, name in enumerate(everyone):
                entries.submit(competition, name, entry(0.3 + 0.04 * seed + 0.1 * day, seed=100 * day + seed))
                clock.at += 60_000_000
            clock.at += 86_400_000_000
        return competition

    return functools.partial(alike, build)


class Page(HTMLParser):
    """Tags, attributes and text as a browser would see them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


def test_every_name_is_text_and_nothing_is_loaded(played, tmp_path: Path) -> None:
    publish(played(), tmp_path / "site")
    page = Page(tmp_path / "site" / "index.html")
    assert set(HOSTILE) <= set(page.text)
    assert not {"script", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "href"):
            target = attributes.get(name) or "#"
            assert target.startswith(("#", "data:image/svg+xml,")) or re.fullmatch(r"[a-z_]+\.(csv|json)", target)
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_json_and_csv_say_the_same_and_no_cell_is_a_formula(played, tmp_path: Path) -> None:
    publish(played(), tmp_path / "site")
    data = json.loads((tmp_path / "site" / "leaderboard.json").read_text())
    with (tmp_path / "site" / "leaderboard.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(data["standings"]) == 15
    assert [row["team"].removeprefix("'") for row in rows] == [s["team"].removeprefix("'") for s in data["standings"]]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    assert data["standings"][0]["rank"] is None or data["standings"][0]["rank"] == 1
    assert sorted(s["rank"] for s in data["standings"] if not s["baseline"]) == list(range(1, 15))


def test_no_private_figure_is_published_before_the_reveal(played, tmp_path: Path) -> None:
    """The public files are the same, byte for byte, whatever the private scores are."""
    import sqlalchemy as sa

    from leaderboard.storage import database

    competition = played()
    publish(competition, tmp_path / "before")
    with competition.store.engine.begin() as connection:
        connection.execute(sa.update(database.private_scores).values(hits=123, rows=140, row_hits=b"\0" * 18))
    publish(competition, tmp_path / "after")
    for path in (tmp_path / "before").rglob("*"):
        assert path.read_bytes() == (tmp_path / "after" / path.name).read_bytes()
    lifecycle.set_frozen(competition, True)
    lifecycle.reveal(competition)
    publish(competition, tmp_path / "after")
    assert (tmp_path / "before" / "index.html").read_bytes() != (tmp_path / "after" / "index.html").read_bytes()
    assert "Final standings" in (tmp_path / "after" / "index.html").read_text()


def test_anonymous_names_and_aliases(played, tmp_path: Path) -> None:
    competition = played(names="anonymous")
    teams.set_alias(competition, "third", "The Third")
    publish(competition, tmp_path / "site")
    for path in (tmp_path / "site").glob("leaderboard.*"):
        text = path.read_text()
        assert "fourth" not in text
        assert "third" not in text
        assert "The Third" in text
        assert "constant class" in text
        assert len(set(re.findall(r"Team [0-9A-F]{6}", text))) == 13
    assert "fourth" not in (tmp_path / "site" / "index.html").read_text()


def test_top_ten_and_each_teams_own_page(played, tmp_path: Path) -> None:
    competition = played(names="top")
    pages = publish(competition, tmp_path / "site")
    assert len(pages) == 1 + 14
    shown = json.loads((tmp_path / "site" / "leaderboard.json").read_text())["standings"]
    assert [s["rank"] for s in shown if s["rank"]] == list(range(1, 11))
    own = {path: Page(path) for path in pages[1:]}
    assert all(sum(a.get("class") == "own" for _, a in page.tags) == 1 for page in own.values())
    # The last sees itself and the two above it, the index does not.
    last = next(page for page in own.values() if "a" in page.text and page.text.count("you") and "b" in page.text)
    assert "a" not in Page(pages[0]).text
    # A server that lists folders would name every page.
    assert (tmp_path / "site" / "team" / "index.html").read_bytes() == b""
    assert {"a", "b", HOSTILE[0]} <= set(last.text)
    # After a change of the mode, no page of the old mode is left.
    rules = competition.root / "rules.toml"
    rules.write_text(rules.read_text().replace('names = "top"', 'names = "all"'))
    publish(Competition(competition.root, competition.clock), tmp_path / "site")
    assert not list((tmp_path / "site" / "team").glob("*.html"))


def test_what_a_tutor_put_beside_the_page_stays(played, tmp_path: Path) -> None:
    site = tmp_path / "site"
    publish(played(), site)
    (site / "team").mkdir()
    for name in ("about.html", "index.html"):
        (site / "team" / name).write_text("the course")
    publish(Competition(tmp_path / "competition", lambda: 0), site)
    assert sorted(path.name for path in (site / "team").iterdir()) == ["about.html", "index.html"]


def test_a_publish_that_was_killed_at_once_can_be_repeated(make: Make, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / f".leaderboard.json.{'0' * 12}.partial").write_text("{")
    assert publish(make(), site)


def test_the_final_page_says_what_is_public_and_points_beyond_the_axis(
    make: Make, entry: Entry, clock, tmp_path: Path
) -> None:
    competition = make()
    for seed, team in enumerate(("a", "b", "a")):
        entries.submit(competition, team, entry(0.2 + 0.1 * seed, seed=seed))
        clock.at += 60_000_000
    teams.add(competition, "strong net", baseline=True)
    entries.submit(competition, "strong net", entry(1.0))
    lifecycle.set_frozen(competition, True)
    publish(competition, tmp_path / "open")
    lifecycle.reveal(competition)
    publish(competition, tmp_path / "final")
    texts = [(tmp_path / name / "index.html").read_text() for name in ("open", "final")]
    assert ["Best public score over time" in text for text in texts] == [False, True]
    assert all("100.00 ›" in text for text in texts)


def test_dates_on_a_phones_plot_do_not_overprint(played, clock) -> None:
    competition = played()
    with competition.read_transaction() as connection:
        board = read_board(competition, connection)
    plot = progress.draw(board, board.ranked, progress.NARROW)
    half = [len(tick.text) * progress.DIGIT_WIDTH / 2 for tick in plot.x_ticks]
    ends = [0, *(tick.at + h for tick, h in zip(plot.x_ticks, half, strict=True))]
    starts = [*(tick.at - h for tick, h in zip(plot.x_ticks, half, strict=True)), plot.frame.width]
    assert len(plot.x_ticks) > 1
    assert all(end <= start for end, start in zip(ends, starts, strict=True))


def test_an_empty_board_is_a_page_too(make: Make, tmp_path: Path) -> None:
    publish(make(), tmp_path / "site")
    assert "No entries yet" in (tmp_path / "site" / "index.html").read_text()


def test_where_it_must_not_be_written(make: Make, tmp_path: Path) -> None:
    competition = make()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("")
    (tmp_path / "file").write_text("")
    for out, message in (
        (competition.root, "only you may read"),
        (tmp_path, "contains the competition folder"),
        (competition.root / "private" / "x", "only you"),
        (tmp_path / "thesis", "did not write"),
        (tmp_path / "file", "not a folder"),
    ):
        with pytest.raises(LeaderboardError, match=message):
            publish(competition, out)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(("final", "width"), [(False, 390), (True, 360), (True, 320)])
def test_in_a_real_browser_nothing_runs_and_nothing_overflows_a_phone(
    played, chromium, tmp_path: Path, final, width
) -> None:
    competition = played()
    if final:
        lifecycle.set_frozen(competition, True)
        lifecycle.reveal(competition)
    publish(competition, tmp_path / "site")
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto((tmp_path / "site" / "index.html").as_uri())
    result = page.evaluate(
        "() => { const root = document.documentElement, count = (what) => document.querySelectorAll(what).length;"
        "const display = (what) => getComputedStyle(document.querySelector(what)).display;"
        "return [document.title, root.clientWidth, root.scrollWidth, document.scripts.length, count('tbody tr'),"
        "count('svg'), count('img'), display('svg.narrow'), display('td.wide')] }"
    )
    assert result == ["test · leaderboard", width, width, 0, 15, 2, 0, "block", "none"]
    page.set_viewport_size({"width": 1100, "height": 1400})
    picture = page.screenshot()
    page.close()
    assert picture.startswith(b"\x89PNG")
    # Drawn, and not one flat colour.
    assert len(picture) > 30_000
