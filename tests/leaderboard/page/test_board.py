"""What a student looks for on the page: own line, changes, gaps, bands, rules, teams without an entry."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from leaderboard.cli import main
from leaderboard.competition import entries, lifecycle, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.names import team_key
from leaderboard.page.board import read_board
from leaderboard.page.publish import publish
from leaderboard.scoring.solution import PUBLIC
from leaderboard.storage import database as tables
from tests.leaderboard.conftest import HOUR, ManualClock
from tests.leaderboard.page.test_ties import read_labels

Make, Entry = Callable[..., Competition], Callable[..., Path]
NAMES = ("Ada", "Grace", "Emmy", "Sofja", "Hypatia", "Kurt", "Alan", "Felix", "Georg", "Hedy", "Lise", "Paul")


@pytest.fixture
def database() -> None:
    """The page does not depend on the database: SQLite is enough."""


@pytest.fixture
def played(make: Make, alike, entry: Entry, clock: ManualClock) -> Callable[..., Competition]:
    """Twelve teams, later ones better; the first two submit again the next day; baselines; a and b have no entry."""

    def build(**rules: object) -> Competition:
        competition = make(deadline="2025-12-01", **rules)
        for seed, name in enumerate(NAMES):
            teams.add(competition, name)
            entries.submit(competition, name, entry(0.4 + 0.04 * seed, seed))
            clock.at += HOUR // 60
        for name, accuracy in (("weak", 0.5), ("strong", 0.75)):
            teams.add(competition, name, baseline=True)
            entries.submit(competition, name, entry(accuracy, 77))
        clock.at += 25 * HOUR
        for seed, name in enumerate(NAMES[:2]):
            entries.submit(competition, name, entry(0.95 - 0.05 * seed, 50 + seed))
        return competition

    return functools.partial(alike, build)


class Rows(HTMLParser):
    """The rows of the standings: the class of their body, their attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.body, self.rows = "", []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        values = dict(attrs)
        if tag == "tbody":
            self.body = values.get("class", "")
        elif tag == "tr" and "id" in values:
            self.rows.append((self.body, values, []))

    def handle_data(self, data: str) -> None:
        if self.rows and data.strip():
            self.rows[-1][2].append(data.strip())


def page_of(competition: Competition, site: Path, name: str = "index.html") -> str:
    publish(competition, site)
    return (site / name).read_text()


def own_page(competition: Competition, name: str) -> str:
    import sqlalchemy as sa

    with competition.read_transaction() as connection:
        secret = connection.execute(sa.select(tables.competition.c.secret)).scalar_one()
        return f"team/{team_key(secret, teams.by_name(connection, name).id)}.html"


def test_baselines_are_not_in_a_band_and_bands_are_the_groups(played, tmp_path: Path) -> None:
    competition = played()
    text = page_of(competition, tmp_path / "site")
    rows = Rows(text).rows
    with competition.read_transaction() as connection:
        board = read_board(competition, connection)
    for (body, attributes, _), place in zip(rows, board.places, strict=True):
        assert body == ("none" if place.group is None else "shade" if place.group % 2 else "plain")
        assert (attributes.get("class") == "baseline") == (place.rank is None)
    # One meaning: the figure is the first band without the first team, and the page says so.
    found = re.search(r"Tied with the first.*?</dt><dd>(\d+)</dd>", text, re.DOTALL)
    assert found is not None
    groups = [place.group for place in board.places if place.rank]
    assert int(found[1]) == groups.count(1) - 1 > 0
    assert f"is the number of other teams in the first group: {found[1]}." in text
    # A group goes on below a baseline: the test would see a baseline in a band.
    places = [place.group for place in board.places]
    assert any(places[i] is None and places[i - 1] == places[i + 1] for i in range(1, len(places) - 1))


def test_change_since_yesterday_and_the_gap_to_the_next_rank(played, entry: Entry, labels: np.ndarray) -> None:
    competition = played()
    public = competition.solution(0).usage == PUBLIC
    first = [(read_labels(entry(0.4 + 0.04 * n, n)) == labels)[public].sum() for n in range(len(NAMES))]
    # The better first, of equals the earlier: the sort is stable.
    order = sorted(range(len(NAMES)), key=lambda n: -first[n])
    yesterday = {NAMES[n]: rank for rank, n in enumerate(order, 1)}
    with competition.read_transaction() as connection:
        board = read_board(competition, connection)
    places = {place.team: place for place in board.ranked}
    for name, place in places.items():
        assert place.change == yesterday[name] - place.rank, name
    assert len({place.change for place in places.values()}) > 2
    for above, below in zip(board.ranked, board.ranked[1:], strict=False):
        assert below.gap == pytest.approx(above.score - below.score)
    assert board.ranked[0].gap is None


def test_a_team_that_is_new_today_has_no_change(played, entry: Entry) -> None:
    competition = played()
    entries.submit(competition, "a", entry(1.0, 99))
    with competition.read_transaction() as connection:
        place = next(p for p in read_board(competition, connection).ranked if p.team == "a")
    assert (place.rank, place.change) == (1, None)


def test_every_teams_line_can_be_found_without_script(played, tmp_path: Path) -> None:
    text = page_of(played(), tmp_path / "site")
    for _, attributes, texts in Rows(text).rows:
        number = attributes["id"][1:]
        assert text.count(f'id="t{number}"') == 1
        assert any(f'<a href="#t{number}"><bdi>{name}</bdi></a>' in text for name in texts)
        if attributes.get("class") != "baseline":
            # In both plots: its line, and the rule that marks it once the link is followed.
            assert len(re.findall(rf'<path class="l{number} line', text)) == 2
            assert f"main:has(#t{number}:target) .l{number}" in text


def test_own_page(played, tmp_path: Path) -> None:
    competition = played(names="top")
    publish(competition, tmp_path / "site")
    with competition.read_transaction() as connection:
        place = read_board(competition, connection).ranked[-1]
    text = (tmp_path / "site" / own_page(competition, place.team)).read_text()
    facts = re.sub(r"<[^>]+>|\s+", " ", text[text.index('class="facts mine"') : text.index("Best accuracy")])
    facts = " ".join(facts.split())
    assert f"Your rank {place.rank} of 12" in facts
    assert f"Your accuracy {100 * place.score:.2f} % 95 % interval {100 * place.low:.2f} to" in facts
    assert f"To the next rank {100 * place.gap:.2f} points" in facts
    assert "Entries left today 5 of 5" in facts
    # The axis includes the own interval: the bar is drawn, not an arrow beyond the axis.
    row = text[text.index('class="own"') :]
    row = row[: row.index("</tr>")]
    assert 'class="bar" style="left:' in row
    assert 'class="off' not in row
    assert text.count(' mine" d="M') == 2
    assert f"{place.team} (you)" in text
    # The index shows neither the team nor the teams without an entry.
    index = (tmp_path / "site" / "index.html").read_text()
    assert place.team not in index
    assert "2 teams have no entry" in index


def test_teams_without_an_entry_the_rules_and_the_time_left(played, tmp_path: Path) -> None:
    text = page_of(played(), tmp_path / "site")
    plain = " ".join(re.sub(r"<[^>]+>", "", text).split())
    assert "Teams without an entry on the board: a, b." in plain
    assert "Open until the end of 01 Dec 2025 (UTC): 6 days 10 h left. As of 25 Nov 2025 13:12 UTC." in plain
    for line in (
        "5 entries per day for each team; the day begins at midnight, UTC.",
        "2 entries count in the end",
        "The deadline is the end of 01 Dec 2025 (UTC).",
        "If scores are equal, the earlier entry ranks first.",
    ):
        assert line in plain


def test_names_that_nobody_may_see_stay_hidden(played, tmp_path: Path) -> None:
    text = page_of(played(names="anonymous"), tmp_path / "site")
    for name in (*NAMES, ">a<", ">b<"):
        assert name not in text
    assert len(set(re.findall(r"Team [0-9A-F]{10}", text))) == len(NAMES) + 2


def test_a_team_learns_its_pseudonym_and_nobody_else_does(played, tmp_path: Path, capsys, entry: Entry) -> None:
    competition = played(names="anonymous", daily_quota=9)
    with competition.read_transaction() as connection:
        pseudonym = next(p.team for p in read_board(competition, connection).ranked)
    folder = ["--competition", str(competition.root)]
    # Ada leads.
    assert main(["quota", "--team", "Ada", *folder]) == 0
    assert pseudonym in capsys.readouterr().out
    path = tmp_path / "open.csv"
    path.write_bytes(entry(0.5, 123).read_bytes())
    rules = competition.root / "rules.toml"
    rules.write_text(rules.read_text().replace('deadline = "2025-12-01"', 'deadline = ""'))
    assert main(["submit", "-f", str(path), "--team", "Ada", *folder]) == 0
    assert f"On the page Ada is {pseudonym}." in capsys.readouterr().out
    assert main(["quota", "--team", "Grace", *folder]) == 0
    assert pseudonym not in capsys.readouterr().out


def lines_of(text: str) -> dict[str, str]:
    """From a label of the wide plot to the colour and dashes of its line."""
    wide = text[text.index('<svg class="wide"') :]
    wide = wide[: wide.index("</svg>")]
    paths = dict(re.findall(r'<path class="l(\d+) line (c\d d\d)', wide))
    labels = re.findall(r'<a href="#t(\d+)"><text class="label over t(\d)"[^>]*>([^<]+)</text>', wide)
    assert all(paths[number][1] == colour for number, colour, _ in labels)
    return {name: paths[number] for number, _, name in labels}


def test_colours_are_those_of_the_teams_also_after_the_reveal(played, entry: Entry, tmp_path: Path) -> None:
    competition = played()
    before = lines_of(page_of(competition, tmp_path / "site"))
    entries.submit(competition, "Emmy", entry(0.99, 98))
    later = lines_of(page_of(competition, tmp_path / "site"))
    lifecycle.set_frozen(competition, True)
    lifecycle.reveal(competition)
    final = lines_of(page_of(competition, tmp_path / "site"))
    assert len(set(later.values())) == len(later) == 8
    for one, other in ((before, later), (later, final)):
        both = set(one) & set(other)
        assert len(both) >= 5
        assert all(one[name] == other[name] for name in both)
    # Emmy was not among the first eight and is now the first: the colours do not depend on the rank.
    assert "Emmy" not in before
    assert next(iter(later)) != "Emmy"


@pytest.mark.timeout(120)
def test_in_a_browser_a_link_marks_the_line_and_names_stay_whole_on_a_phone(played, chromium, tmp_path: Path) -> None:
    competition = played()
    teams.rename(competition, "Hypatia", "Gradientenverfahren und Freunde")
    index = tmp_path / "site" / "index.html"
    page_of(competition, tmp_path / "site")
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page.goto(index.as_uri())
    page.click("th.team >> text=Kurt")
    assert page.url.endswith("#t6")
    page.close()
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{index.as_uri()}#t6")
    width = "getComputedStyle(document.querySelector('svg.wide .l{}')).strokeWidth"
    assert page.evaluate(width.format(6)) == "5px"
    assert page.evaluate(width.format(7)) != "5px"
    assert "Kurt" in page.locator("tr:target").inner_text()
    page.close()
    phone = chromium.new_page(viewport={"width": 360, "height": 700})
    phone.goto(index.as_uri())
    broken = phone.evaluate(BROKEN_WORDS)
    room = phone.evaluate("document.querySelector('th.team[scope=row]').clientWidth")
    phone.close()
    assert broken == []
    assert room > 180


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 375)])
def test_it_is_accessible(played, chromium, tmp_path: Path, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    competition = played(names="top")
    site = tmp_path / "site"
    publish(competition, site)
    # The page's own policy would keep the judge's script out.
    page = chromium.new_page(bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800})
    found = []
    for name in ("index.html", own_page(competition, "Sofja")):
        page.goto((site / name).as_uri())
        found += [(name, bad["id"], bad["nodes"][0]["html"]) for bad in axe.Axe().run(page).response["violations"]]
    page.close()
    assert found == []


# The words of names that stand on two lines.
BROKEN_WORDS = """() => [...document.querySelectorAll('th.team bdi')].flatMap((name) => {
  const text = name.firstChild, words = [...text.data.matchAll(/\\S+/g)];
  return words.filter((word) => {
    const range = document.createRange();
    range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map((word) => word[0]);
})"""
