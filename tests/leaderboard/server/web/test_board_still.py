"""The board stands still on the server too: every address, for everyone, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from leaderboard.competition import board_still, lifecycle
from leaderboard.server.backend.backend import Backend
from leaderboard.server.core.settings import Settings
from leaderboard.server.web import app as application
from leaderboard.standings.places import public_places
from tests.leaderboard.competition.test_board_still import FROM, change_later_scores
from tests.leaderboard.conftest import HOUR, NOON
from tests.leaderboard.conftest import database as both_databases
from tests.leaderboard.server.conftest import URL, LocalBackend
from tests.leaderboard.server.web.test_access import addresses

database = both_databases


@pytest.fixture
def played(serve, data, clock):
    """a leads b; then the board stands still, b gets better, and a too."""

    def build(**rules: object):
        site = serve(daily_quota=50, board_still_from=FROM, **rules)
        for at, name, accuracy, seed in ((0, "a", 0.7, 1), (0, "b", 0.6, 2), (7, "b", 0.95, 3), (7, "a", 0.9, 4)):
            clock.at = NOON + at * HOUR
            answer = site.as_team(name).put(f"/api/v1/entries/{seed}.csv", content=data(accuracy, seed))
            assert answer.status_code == 201, answer.text
        return site

    return build


def anew(site) -> None:
    """The server after a restart: it remembers nothing."""
    site.app = application.build(LocalBackend(Backend(site.competition)), Settings(url=URL))


def answers(site, role: str) -> Iterator[tuple[str, bytes]]:
    """What every address answers to a GET in that role; the tutor's area is the tutor's."""
    anew(site)
    client = site.client() if role == "nobody" else site.in_browser(role)
    for route in application.ROUTES:
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            for path in addresses(route):
                yield path, client.get(path).content


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("names", ["all", "top"])
def test_no_answer_depends_on_later_scores(played, names: str, own: bool) -> None:
    site = played(names=names, board_still_own_scores=own)
    roles = ("nobody",) if own else ("nobody", "a", "b")
    before = {role: dict(answers(site, role)) for role in roles}
    change_later_scores(site.competition)
    for role in roles:
        for path, content in answers(site, role):
            assert content == before[role][path], (role, path)
        assert [p["rank"] for p in json.loads(before[role]["/api/v1/standings"])["standings"]] == [1, 2]


@pytest.mark.parametrize("own", [True, False])
def test_a_team_learns_its_own_later_score_as_the_rules_say(played, data, own: bool) -> None:
    site = played(board_still_own_scores=own)
    team = site.as_team("b")
    receipt = team.put("/api/v1/entries/x.csv", content=data(0.97, 9)).json()
    assert (receipt["entry"]["score"] is not None) is own
    # b has the best file by far: the board says nothing of it.
    assert (receipt["rank"], receipt["teams"]) == (2, 2)
    assert receipt["board_still_since"] == "2025-11-24T18:00:00+00:00"
    scores = [entry["score"] is not None for entry in team.get("/api/v1/entries").json()["entries"]]
    assert scores == [True, own, own]
    page = site.in_browser("b").get("/team").text
    assert "The board has stood still since 2025-11-24 18:00" in page


def test_the_board_stands_still_at_once_and_moves_with_the_reveal(played, clock) -> None:
    site = played()
    clock.at = NOON + 6 * HOUR - 1
    assert site.client().get("/api/v1/standings").json()["standings"][0]["team"] == "b"
    clock.at = NOON + 6 * HOUR
    anew(site)
    assert site.client().get("/api/v1/standings").json()["standings"][0]["team"] == "a"
    lifecycle.set_frozen(site.competition, True)
    lifecycle.reveal(site.competition)
    anew(site)
    board = site.client().get("/api/v1/standings").json()
    assert (board["part"], board["standings"][0]["team"]) == ("private", "b")


def test_the_place_in_memory_follows_the_moment(played, clock) -> None:
    """The same process before and after the moment: what it remembers of later entries is forgotten."""
    site = played()
    for at in (6 * HOUR - 1, 6 * HOUR, 8 * HOUR):
        clock.at = NOON + at
        with site.competition.read_transaction() as connection:
            before = board_still.since(site.competition, connection)
            whole = {p.team.id: p.rank for p in public_places(connection, "earlier", before=before)}
            for team_id, rank in whole.items():
                assert site.backend.places.place(connection, "earlier", team_id, before=before).rank == rank
