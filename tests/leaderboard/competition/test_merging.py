"""Merging two teams, and splitting a team."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, exclusions, grants, members, merging, picks, quota, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.roster_file import Row
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.standings.live import LivePlaces
from leaderboard.standings.places import public_places
from leaderboard.storage import database
from tests.leaderboard.conftest import HOUR, ManualClock

Make, Entry = Callable[..., Competition], Callable[..., Path]
ENTRIES = database.submissions


def enter(competition: Competition, entry: Entry, seed: int, team: str = "a") -> int:
    number = entries.submit(competition, team, entry(seed=seed)).submission
    assert number is not None
    return number


def of_team(competition: Competition, team: str, *, picked: bool = False) -> list[int]:
    with competition.read_transaction() as connection:
        own = ENTRIES.c.team_id == teams.by_name(connection, team).id
        wanted = own & ENTRIES.c.picked if picked else own
        return list(connection.execute(sa.select(ENTRIES.c.id).where(wanted).order_by(ENTRIES.c.id)).scalars())


def left(competition: Competition, team: str) -> int:
    with competition.read_transaction() as connection:
        return quota.day_quota(competition, connection, teams.by_name(connection, team).id, competition.clock()).left


def ranked(competition: Competition) -> list[str]:
    with competition.read_transaction() as connection:
        return [place.team.name for place in public_places(connection, competition.rules.tie, before=None)]


def people(competition: Competition) -> dict[str, str]:
    return {row["studentId"]: row["teamName"] for row in members.member_rows(competition, None)}


def roster(competition: Competition, *rows: tuple[str, str]) -> None:
    told = [Row(n, f"Student {i}", i, f"{i}@example.org", team) for n, (i, team) in enumerate(rows, 2)]
    members.import_roster(competition, told, [], lambda _: None)


def test_entries_members_and_grants_go_over_and_count_once(make: Make, entry: Entry) -> None:
    competition = make()
    roster(competition, ("1", "a"), ("2", "b"))
    token = teams.renew_token(competition, "b")
    for seed, team in ((1, "a"), (2, "b"), (3, "a")):
        enter(competition, entry, seed, team)
    grants.give(competition, "a", 2, "2025-11-30", "ill")
    assert merging.merge(competition, "a", "b") == merging.MergeResult(entries=2, members=1, grants=1, stayed=0)
    assert (of_team(competition, "a"), of_team(competition, "b")) == ([], [1, 2, 3])
    assert people(competition) == {"1": "b", "2": "b"}
    assert left(competition, "b") == 5 - 3 + 2
    assert ranked(competition) == ["b"]
    with competition.read_transaction() as connection:
        assert teams.by_token(connection, token).name == "b"
    with pytest.raises(RefusedError, match="'a' was merged into 'b': use the token of 'b'"):
        enter(competition, entry, 4)
    assert verify(competition).faults == []


def test_the_token_of_a_merged_team_is_told_the_name_that_the_other_has_now(make: Make, entry: Entry) -> None:
    competition = make()
    teams.add(competition, "c")
    merging.merge(competition, "a", "b")
    teams.rename(competition, "a", "old")
    merging.merge(competition, "b", "c")
    teams.rename(competition, "c", "new")
    for name in ("old", "b"):
        with pytest.raises(RefusedError, match=f"{name!r} was merged into 'new'") as refused:
            enter(competition, entry, 1, name)
        assert refused.value.code == "merged"
    teams.set_disabled(competition, "old", False)
    assert enter(competition, entry, 1, "old")
    teams.set_disabled(competition, "old", True)
    with pytest.raises(RefusedError, match="'old' is disabled"):
        enter(competition, entry, 2, "old")


def test_of_a_file_of_both_the_earlier_entry_stands(make: Make, entry: Entry) -> None:
    competition = make()
    for seed, team in ((1, "a"), (1, "b"), (2, "b"), (2, "a")):
        enter(competition, entry, seed, team)
    picks.select(competition, "b", [2, 3])
    assert merging.merge(competition, "a", "b").stayed == 2
    assert (of_team(competition, "b"), of_team(competition, "a")) == ([1, 3], [2, 4])
    assert of_team(competition, "b", picked=True) == [1, 3], "a pick of the same file goes over to what stands"
    assert of_team(competition, "a", picked=True) == []
    assert left(competition, "b") == 3
    with pytest.raises(RefusedError, match="the same file is already entry 1 of 'b'"):
        enter(competition, entry, 1, "b")
    assert verify(competition).faults == []


def test_an_entry_that_ranks_stands_before_a_void_one(make: Make, entry: Entry) -> None:
    competition = make()
    enter(competition, entry, 1, "a")
    enter(competition, entry, 1, "b")
    exclusions.void(competition, 1, "two accounts")
    merging.merge(competition, "a", "b")
    assert (of_team(competition, "b"), of_team(competition, "a")) == ([2], [1])
    assert ranked(competition) == ["b"]
    assert verify(competition).faults == []


@pytest.mark.parametrize(("own", "other", "stand"), [([2], [1], [2]), ([], [1], [1]), ([], [], [])])
def test_the_picks_of_the_team_that_goes_on_stand(
    make: Make, entry: Entry, own: list[int], other: list[int], stand: list[int]
) -> None:
    competition = make()
    enter(competition, entry, 1, "a")
    enter(competition, entry, 2, "b")
    picks.select(competition, "b", own)
    picks.select(competition, "a", other)
    merging.merge(competition, "a", "b")
    assert of_team(competition, "b", picked=True) == stand
    assert verify(competition).faults == []


def test_more_entries_than_the_quota_leave_nothing_today(make: Make, entry: Entry, clock: ManualClock) -> None:
    competition = make(daily_quota=2)
    for seed, team in ((1, "a"), (2, "a"), (3, "b"), (4, "b")):
        enter(competition, entry, seed, team)
    merging.merge(competition, "a", "b")
    with pytest.raises(RefusedError, match="has used its 2 entries"):
        enter(competition, entry, 5, "b")
    clock.at += 24 * HOUR
    assert left(competition, "b") == 2


def test_a_reply_to_an_entry_sees_the_merge_at_once(make: Make, entry: Entry) -> None:
    competition, live = make(), LivePlaces()
    teams.add(competition, "c")
    for seed, team in ((1, "a"), (2, "b"), (3, "c")):
        enter(competition, entry, seed, team)

    def place() -> tuple[int | None, int]:
        with competition.read_transaction() as connection:
            found = live.place(connection, "earlier", teams.by_name(connection, "b").id, before=2**62)
        return found.rank, found.ranked

    assert place()[1] == 3
    merging.merge(competition, "a", "b")
    assert place() == (ranked(competition).index("b") + 1, 2)


@pytest.mark.parametrize(
    ("name", "into", "told"),
    [
        ("a", "A", "'a' cannot be merged into itself"),
        ("a", "base", "'base' is a baseline"),
        ("off", "a", "'off' is disabled.* team disable --undo 'off'"),
        ("a", "nobody", "the team 'nobody' does not exist"),
    ],
)
def test_what_cannot_be_merged(make: Make, name: str, into: str, told: str) -> None:
    competition = make()
    teams.add(competition, "base", baseline=True)
    teams.add(competition, "off")
    teams.set_disabled(competition, "off", True)
    with pytest.raises(LeaderboardError, match=told):
        merging.merge(competition, name, into)
    assert verify(competition).faults == []


def test_a_split_takes_the_members_and_entries_that_it_names(make: Make, entry: Entry) -> None:
    competition = make()
    roster(competition, ("1", "a"), ("2", "a"), ("3", "a"))
    for seed in (1, 2, 3):
        enter(competition, entry, seed)
    picks.select(competition, "a", [2, 3])
    token = merging.split(competition, "a", "new", ["2", "3"], [2])
    assert people(competition) == {"1": "a", "2": "new", "3": "new"}
    assert (of_team(competition, "a"), of_team(competition, "new")) == ([1, 3], [2])
    assert of_team(competition, "a", picked=True) == [3]
    assert of_team(competition, "new", picked=True) == []
    assert (left(competition, "a"), left(competition, "new")) == (3, 4)
    with competition.read_transaction() as connection:
        assert teams.by_token(connection, token).name == "new"
    assert verify(competition).faults == []


@pytest.mark.parametrize(
    ("students", "numbers", "told"),
    [
        (["9"], [], "no member of 'a' has the student id '9'"),
        (["3"], [], "no member of 'a' has the student id '3'"),
        (["1", "2"], [], "no member would stay in 'a'"),
        (["1"], [2], "entry 2 does not belong to 'a'"),
        (["1"], [77], "entry 77 does not belong to 'a'"),
    ],
)
def test_a_split_that_fails_changes_nothing(
    make: Make, entry: Entry, students: list[str], numbers: list[int], told: str
) -> None:
    competition = make()
    roster(competition, ("1", "a"), ("2", "a"), ("3", "b"))
    enter(competition, entry, 1, "a")
    enter(competition, entry, 2, "b")
    with pytest.raises(LeaderboardError, match=told):
        merging.split(competition, "a", "new", students, numbers)
    with competition.read_transaction() as connection:
        assert teams.find_by_name(connection, "new") is None
    assert people(competition) == {"1": "a", "2": "a", "3": "b"}
    assert verify(competition).faults == []


def test_a_merge_is_undone_by_further_acts(make: Make, entry: Entry) -> None:
    competition = make()
    roster(competition, ("1", "a"), ("2", "b"))
    enter(competition, entry, 1, "a")
    enter(competition, entry, 2, "b")
    merging.merge(competition, "a", "b")
    teams.set_disabled(competition, "a", False)
    exclusions.move(competition, 1, "a", "merged by mistake")
    members.move(competition, "1", "a")
    assert (of_team(competition, "a"), of_team(competition, "b")) == ([1], [2])
    assert people(competition) == {"1": "a", "2": "b"}
    assert sorted(ranked(competition)) == ["a", "b"]
    assert verify(competition).faults == []


CHANGES = {
    "an entry back": ENTRIES.update().where(ENTRIES.c.id == 1).values(team_id=1),
    "a grant back": database.grants.update().values(team_id=1),
    "the team back": database.teams.update().values(disabled=False),
    "a pick": ENTRIES.update().where(ENTRIES.c.id == 2).values(picked=True),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_merge_changed_in_the_database_is_found(make: Make, entry: Entry, kind: str) -> None:
    competition = make()
    enter(competition, entry, 1, "a")
    enter(competition, entry, 2, "b")
    grants.give(competition, "a", 2, "2025-11-30", "ill")
    merging.merge(competition, "a", "b")
    with competition.store.engine.begin() as connection:
        connection.execute(CHANGES[kind])
    assert verify(competition).faults
