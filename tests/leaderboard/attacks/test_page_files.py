"""Attempts through what the page shows: hostile names in every file, pseudonyms, private figures, secrets."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.competition import entries, lifecycle, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.names import PSEUDONYM_DIGITS, display_name_function, team_key
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import rendering
from leaderboard.page.publish import publish
from leaderboard.storage import database as tables
from tests.leaderboard.conftest import edited

Make, Entry = Callable[..., Competition], Callable[..., Path]
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></svg><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "]]><!--",
    "--><b>",
    "{{ 7*7 }} {% for x in y %}",
    "javascript:alert(1)",
    "&lt;b&gt; &#60;i&#62;",
    '=HYPERLINK("http://x.example")',
    "a;=1+1",
    "陈省身 水" * 6,
    "W" * 60,
    "شريف",
)
# The elements of the templates; a name must add none.
OURS = {
    tag
    for template in (Path(rendering.__file__).parent / "templates").iterdir()
    for tag in re.findall(r"<([a-z]+[0-9]?)", template.read_text())
} - {"script", "img", "b"}
TITLE = "</title><script>alert('title')</script>"


class Tags(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def competition(make: Make, alike, entry: Entry) -> Competition:
    def play() -> Competition:
        made = make(name=TITLE, daily_quota=9)
        for number, name in enumerate(HOSTILE):
            teams.add(made, name)
            for seed in (number, 100 + number):
                entries.submit(made, name, entry(0.4 + seed % 50 / 100, seed=seed), message="a secret remark")
        return made

    return alike(play)


def files(site: Path) -> dict[str, str]:
    return {str(path.relative_to(site)): path.read_text() for path in sorted(site.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("names", ["all", "anonymous", "top"])
@pytest.mark.parametrize("final", [False, True])
def test_hostile_names_are_text_in_every_file(competition: Competition, tmp_path, names: str, final: bool) -> None:
    if final:
        lifecycle.set_frozen(competition, True)
        lifecycle.reveal(competition)
    shown = edited(competition, 'names = "all"', f'names = "{names}"')
    publish(shown, tmp_path / "site")
    for name, text in files(tmp_path / "site").items():
        if not name.endswith(".html") or not text:
            continue
        page = Tags()
        page.feed(text)
        found = {tag for tag, _ in page.tags}
        assert found <= OURS, name
        for tag, attributes in page.tags:
            assert not any(key.startswith("on") for key in attributes), (name, tag)
            for key in ("href", "src", "action", "xlink:href", "style"):
                assert "javascript" not in (attributes.get(key) or ""), (name, tag)
        if names != "anonymous" and not final:
            assert "{{ 7*7 }} {% for x in y %}" in "".join(page.text)
        assert any(tag == "meta" and "default-src 'none'" in (told.get("content") or "") for tag, told in page.tags)
    data = json.loads((tmp_path / "site" / "leaderboard.json").read_text())
    assert data["name"] == TITLE
    table = list(csv.DictReader(io.StringIO((tmp_path / "site" / "leaderboard.csv").read_text())))
    assert [re.sub("'(?=[=-])", "", row["team"]) for row in table] == [row["team"] for row in data["standings"]]
    assert not any(re.search(r"(^|;)[=+@-]", row["team"]) for row in table)


def test_no_file_holds_what_is_not_for_everyone(competition: Competition, tmp_path: Path) -> None:
    """Messages, file names, paths, hashes of files, tokens, the secret, private hits, the split."""
    publish(competition, tmp_path / "site")
    with competition.read_transaction() as connection:
        secret = connection.execute(sa.select(tables.competition.c.secret)).scalar_one()
        tokens = connection.execute(sa.select(tables.teams.c.token_sha256)).scalars().all()
        sent = connection.execute(sa.select(tables.submissions.c.sha256)).scalars().all()
        rows = connection.execute(sa.select(tables.private_scores.c.rows)).scalar()
    forbidden = ["a secret remark", "entry-0", str(tmp_path), secret, *tokens, *sent, f"of {rows}", "Private", "usage"]
    for name, text in files(tmp_path / "site").items():
        for word in forbidden:
            assert word not in text, (name, word)


def test_before_the_reveal_every_file_is_the_same_whatever_the_private_scores(
    competition: Competition, tmp_path: Path
) -> None:
    """The strongest form of "no private score leaks": other private scores give the same bytes."""
    publish(competition, tmp_path / "one")
    with competition.store.engine.begin() as connection:
        connection.execute(tables.private_scores.update().values(hits=7, row_hits=b"\x01" * 18))
    publish(competition, tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_files_and_folders_are_readable_and_not_writable_by_others(competition: Competition, tmp_path: Path) -> None:
    publish(edited(competition, 'names = "all"', 'names = "top"'), tmp_path / "site")
    for path in (tmp_path / "site").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_pseudonyms_replace_every_name_in_every_file(competition: Competition, tmp_path: Path) -> None:
    publish(competition, tmp_path / "site")
    teams.set_alias(competition, "شريف", "The Alias")
    publish(edited(competition, 'names = "all"', 'names = "anonymous"'), tmp_path / "site")
    for text in files(tmp_path / "site").values():
        assert not any(name in text for name in ("script>alert(1)", "陈省身", "W" * 60, "شريف", "HYPERLINK"))
    shown = [row["team"] for row in json.loads((tmp_path / "site" / "leaderboard.json").read_text())["standings"]]
    assert len(set(shown)) == len(HOSTILE)
    assert [name for name in shown if not re.fullmatch(r"Team [0-9A-F]{10}", name)] == ["The Alias"]


def test_a_rename_or_a_new_token_does_not_change_the_pseudonym(competition: Competition, tmp_path: Path) -> None:
    shown = edited(competition, 'names = "all"', 'names = "anonymous"')
    publish(shown, tmp_path / "site")
    before = (tmp_path / "site" / "leaderboard.csv").read_text()
    teams.rename(shown, "W" * 60, "another")
    teams.renew_token(shown, "another")
    publish(shown, tmp_path / "site")
    assert (tmp_path / "site" / "leaderboard.csv").read_text() == before


def test_no_two_of_many_pseudonyms_are_one() -> None:
    """200 competitions of 1,000 teams: with 24 bits five of them had two teams of one pseudonym."""
    for competition in range(200):
        pseudonyms = {team_key(f"secret {competition}", -team)[:PSEUDONYM_DIGITS] for team in range(1, 1001)}
        assert len(pseudonyms) == 1000


def test_the_key_of_a_page_does_not_give_the_pseudonym_away(competition: Competition) -> None:
    with competition.read_transaction() as connection:
        secret = connection.execute(sa.select(tables.competition.c.secret)).scalar_one()
        rows = connection.execute(sa.select(tables.teams)).all()
    name = display_name_function(secret, "anonymous")
    for row in rows:
        assert name(row).split()[1].lower() not in team_key(secret, row.id)
        assert name(row).split()[1].lower() not in team_key("", row.id) + team_key("", -row.id)


@pytest.mark.parametrize("take", ["Team 0123456789", "team 0123456789", "ＴＥＡＭ 0123456789", "Тeam 0123456789"])
def test_nobody_takes_a_pseudonym_as_name_or_alias(competition: Competition, take: str) -> None:
    with pytest.raises(LeaderboardError, match="form of a pseudonym"):
        teams.add(competition, take)
    with pytest.raises(LeaderboardError, match="form of a pseudonym"):
        teams.set_alias(competition, "شريف", take)


def test_nobody_takes_anothers_name_as_alias_or_alias_as_name(competition: Competition) -> None:
    teams.set_alias(competition, "شريف", "Alias")
    for act in (
        lambda: teams.add(competition, "аlias"),
        lambda: teams.set_alias(competition, "W" * 60, "ALIAS"),
        lambda: teams.rename(competition, "W" * 60, "Ａlias"),
    ):
        with pytest.raises(LeaderboardError, match=r"a team is already named .*: choose another name"):
            act()


def test_top_shows_no_team_below_the_tenth_but_on_its_own_page(competition: Competition, tmp_path: Path) -> None:
    publish(edited(competition, 'names = "all"', 'names = "top"'), tmp_path / "site")
    found = files(tmp_path / "site")
    own = [name for name in found if re.fullmatch(r"team/[0-9a-f]{32}\.html", name)]
    assert len(own) == len(HOSTILE)
    data = json.loads(found["leaderboard.json"])
    assert len(data["standings"]) == 10
    assert found["team/index.html"] == ""
    for name in own:
        assert name.removeprefix("team/").removesuffix(".html") not in "".join(
            text for other, text in found.items() if other != name
        )
