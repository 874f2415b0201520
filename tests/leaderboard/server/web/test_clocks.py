"""A clock that jumps: nobody is logged out, nobody gets more entries, and who came first stays first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leaderboard.audit.verification import verify
from leaderboard.standings.places import public_places
from tests.leaderboard.conftest import HOUR, NOON, ManualClock
from tests.leaderboard.server.conftest import Site

ENTRIES = "/api/v1/entries"
DAY, MONTH = 24 * HOUR, 30 * 24 * HOUR


@pytest.mark.parametrize("jump", [-HOUR, HOUR, -20 * DAY, 20 * DAY])
def test_a_session_and_a_link_outlive_a_jump(site: Site, clock: ManualClock, jump: int) -> None:
    browser = site.in_browser()
    clock.at += jump
    assert browser.get("/team").status_code == 200
    clock.at -= jump
    assert browser.get("/team").status_code == 200


@pytest.mark.parametrize("jump", [-MONTH - HOUR, MONTH + HOUR])
def test_a_session_ends_after_a_month(site: Site, clock: ManualClock, jump: int) -> None:
    browser = site.in_browser()
    clock.at += jump
    assert browser.get("/team").status_code == 303


def test_the_tutor_is_logged_out_after_a_working_day(site: Site, clock: ManualClock) -> None:
    browser = site.in_browser("tutor")
    clock.at -= 7 * HOUR
    assert browser.get("/tutor").status_code == 200
    clock.at = NOON + 9 * HOUR
    assert browser.get("/tutor").status_code == 303


def test_a_clock_that_goes_back_and_forth_gives_no_entry_beyond_the_quota(
    serve: Callable[..., Site], data: Callable[..., bytes], clock: ManualClock
) -> None:
    team = (site := serve(daily_quota=3)).as_team()
    taken = []
    for number, jump in enumerate([0, -HOUR, 2 * HOUR, -3 * HOUR, 4 * HOUR, -5 * HOUR]):
        clock.at += jump
        taken.append(team.put(ENTRIES, content=data(seed=number)).status_code)
    assert taken == [201, 201, 201, 429, 429, 429]
    clock.at = NOON + DAY
    assert team.put(ENTRIES, content=data(seed=7)).status_code == 201, "another day has another quota"
    clock.at = NOON
    assert team.put(ENTRIES, content=data(seed=8)).status_code == 429, "the first day's stays used up"
    assert not verify(site.competition).faults


def test_of_equal_scores_the_one_that_came_first_stays_before_a_later_one_with_an_earlier_time(
    site: Site, data: Callable[..., bytes], clock: ManualClock
) -> None:
    assert site.as_team("a").put(ENTRIES, content=data()).status_code == 201
    clock.at -= HOUR
    assert site.as_team("b").put(ENTRIES, content=data()).status_code == 201
    with site.competition.read_transaction() as connection:
        places = public_places(connection, "earlier", before=None)
    assert [place.team.name for place in places if place.rank is not None] == ["a", "b"]
    assert not verify(site.competition).faults


def test_a_request_that_came_before_the_clock_was_put_back_counts_as_now(
    site: Site, data: Callable[..., bytes], clock: ManualClock
) -> None:
    credential = {"token": site.tokens["a"]}
    told = {"name": "a.csv", "message": "", "arrived": NOON + 2 * HOUR}
    value, _ = site.backend.call("submit", credential, told, data())
    assert value["entry"]["at"].startswith("2025-11-24T12:00:00")


def test_wrong_tokens_are_counted_whatever_the_clock_does(site: Site, clock: ManualClock) -> None:
    visitor, statuses = site.client(), []
    for number in range(32):
        clock.at += HOUR if number % 2 else -HOUR
        answer = visitor.get("/api/v1/quota", headers={"authorization": f"Bearer {number}"})
        statuses.append(answer.status_code)
    assert statuses == [401] * 30 + [429] * 2
