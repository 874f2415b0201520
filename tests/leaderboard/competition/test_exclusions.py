"""Entries that are late, withdrawn, void, restored or moved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, exclusions, grants, lifecycle, picks, quota, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.rules import Rules
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.standings import listing
from leaderboard.standings.live import LivePlaces
from leaderboard.standings.places import public_places
from leaderboard.storage import database
from tests.leaderboard.conftest import HOUR, ManualClock

Make, Entry = Callable[..., Competition], Callable[..., Path]


def enter(competition: Competition, entry: Entry, seed: int, team: str = "a") -> entries.Receipt:
    return entries.submit(competition, team, entry(seed=seed))


def board(competition: Competition) -> list[tuple[str, int]]:
    """Team and number of the entry that stands for it, in order."""
    with competition.read_transaction() as connection:
        places = public_places(connection, competition.rules.tie, before=None)
    return [(place.team.name, place.entry.number) for place in places]


def left(competition: Competition, team: str = "a") -> int:
    with competition.read_transaction() as connection:
        return quota.day_quota(competition, connection, teams.by_name(connection, team).id, competition.clock()).left


def status(competition: Competition) -> dict[int, tuple[str, bool]]:
    with competition.read_transaction() as connection:
        rows = listing.submissions(connection, "UTC", competition.rules.picks)
    return {row["ref"]: (row["status"], row["counted"]) for row in rows}


def test_a_void_entry_leaves_the_board_and_comes_back(make: Make, entry: Entry) -> None:
    competition = make()
    numbers = [enter(competition, entry, seed).submission for seed in (1, 2)]
    best = board(competition)[0][1]
    other = next(number for number in numbers if number != best)
    exclusions.void(competition, best, "two accounts")
    assert board(competition) == [("a", other)]
    assert status(competition)[best] == ("void, not ranked: two accounts", False)
    assert left(competition) == 3
    with pytest.raises(LeaderboardError, match=f"entry {best} is void already.* entry restore {best} undoes that"):
        exclusions.void(competition, best, "again")
    assert exclusions.restore(competition, best) == "void"
    assert board(competition) == [("a", best)]
    with pytest.raises(LeaderboardError, match=f"entry {best} ranks already"):
        exclusions.restore(competition, best)
    assert verify(competition, again=True).faults == []


def test_a_void_entry_gives_its_quota_back_only_if_asked(make: Make, entry: Entry) -> None:
    competition = make(daily_quota=1)
    grants.give(competition, "a", 1, "2025-11-30", "ill")
    first, second = (enter(competition, entry, seed).submission for seed in (1, 2))
    assert left(competition) == 0
    exclusions.void(competition, second, "broken image", gives_back=True)  # it used the grant
    assert (left(competition), grants.grant_rows(competition)[0]["used"]) == (1, 0)
    exclusions.void(competition, first, "broken image", gives_back=True)
    assert left(competition) == 2
    exclusions.restore(competition, first)
    assert left(competition) == 1
    with pytest.raises(entries.RepeatedError, match=r"already entry 2 of 'a' \(void: the tutor can restore it\)"):
        enter(competition, entry, 2)


def test_a_team_withdraws_its_own_entry_while_entries_are_taken(make: Make, entry: Entry) -> None:
    competition = make()
    number = enter(competition, entry, 1).submission
    with pytest.raises(LeaderboardError, match=f"entry {number} does not belong to 'b'"):
        exclusions.withdraw(competition, "b", number)
    picks.select(competition, "a", [number])
    exclusions.withdraw(competition, "a", number)
    assert board(competition) == []
    assert left(competition) == 4
    lifecycle.set_frozen(competition, True)
    with pytest.raises(RefusedError, match="frozen"):
        exclusions.withdraw(competition, "a", number)
    assert lifecycle.reveal(competition) == []
    exclusions.restore(competition, number)
    assert [move.after.entry.number for move in lifecycle.reveal(competition)] == [number]
    assert verify(competition).faults == []


def test_an_entry_is_moved_with_its_quota_and_loses_its_pick(make: Make, entry: Entry) -> None:
    competition = make()
    number = enter(competition, entry, 1).submission
    picks.select(competition, "a", [number])
    assert exclusions.move(competition, number, "b", "entered with the wrong token") == ("a", "b")
    assert board(competition) == [("b", number)]
    assert (left(competition), left(competition, "b")) == (5, 4)
    with competition.read_transaction() as connection:
        assert connection.execute(sa.select(database.submissions.c.picked)).scalar() == 0
    with pytest.raises(LeaderboardError, match=f"entry {number} already belongs to 'b'"):
        exclusions.move(competition, number, "b", "again")
    again = enter(competition, entry, 1).submission
    with pytest.raises(LeaderboardError, match=f"'b' has the same file, as entry {number}"):
        exclusions.move(competition, again, "b", "twice")
    assert [row["what"] for row in exclusions.action_rows(competition)] == ["moved from a"]
    assert verify(competition).faults == []


def test_a_late_file_is_kept_scored_and_not_ranked(make: Make, entry: Entry, clock: ManualClock) -> None:
    competition = make(deadline="2025-11-24 13:00", late="3 hours")
    first = enter(competition, entry, 1)
    clock.at += 2 * HOUR
    receipt = enter(competition, entry, 2)
    assert (first.late, receipt.late) == (False, True)
    assert receipt.score is not None
    assert board(competition) == [("a", first.submission)]
    assert status(competition)[receipt.submission] == ("late, not ranked", False)
    with pytest.raises(RefusedError, match="deadline"):
        picks.select(competition, "a", [first.submission])
    assert exclusions.restore(competition, receipt.submission) == "late"
    assert receipt.submission in {row[1] for row in board(competition)} | {first.submission}
    clock.at += 2 * HOUR
    with pytest.raises(RefusedError, match="deadline"):
        enter(competition, entry, 3)
    assert verify(competition).faults == []


def test_who_was_granted_a_later_deadline_is_not_late(make: Make, entry: Entry, clock: ManualClock) -> None:
    competition = make(deadline="2025-11-24 13:00", late="3 hours")
    grants.give(competition, "a", 0, "2025-11-24T15:00", "ill")
    clock.at += 2 * HOUR
    assert [enter(competition, entry, 1, team).late for team in "ab"] == [False, True]


def test_the_place_in_a_reply_follows_every_act(make: Make, entry: Entry) -> None:
    competition = make()
    live = LivePlaces()

    def ranks() -> list[int | None]:
        with competition.read_transaction() as connection:
            rows = [teams.by_name(connection, name) for name in "ab"]
            return [live.place(connection, competition.rules.tie, row.id, before=None).rank for row in rows]

    def expected() -> list[int | None]:
        order = [name for name, _ in board(competition)]
        return [order.index(name) + 1 if name in order else None for name in "ab"]

    for seed, team in ((1, "a"), (2, "b"), (3, "a")):
        enter(competition, entry, seed, team)
        assert ranks() == expected()
    exclusions.void(competition, 1, "x")
    assert ranks() == expected()
    exclusions.move(competition, 3, "b", "x")
    assert ranks() == expected() == [None, 1]
    exclusions.restore(competition, 1)
    assert ranks() == expected()


def test_under_the_ladder_rule_a_team_whose_counting_entry_is_void_stands_with_its_best(
    make: Make, entry: Entry
) -> None:
    competition = make(ladder=True)
    first = enter(competition, entry, 1)
    second = enter(competition, entry, 2)
    assert (first.counts, second.counts) == (True, False)
    exclusions.void(competition, first.submission, "x")
    assert board(competition) == [("a", second.submission)]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE exclusions SET ended_at = at", "exclusion 1 was changed in the database"),
        ("DELETE FROM exclusions", "exclusion 1 was logged and is missing in the database"),
        ("UPDATE entry_moves SET to_id = from_id", "the moves of entries are not those that were logged"),
        ("UPDATE submissions SET team_id = 1 WHERE id = 2", "entry 2 was changed in the database"),
    ],
)
def test_an_act_that_was_edited_is_found(make: Make, entry: Entry, statement: str, fault: str) -> None:
    competition = make()
    for seed in (1, 2):
        enter(competition, entry, seed)
    exclusions.void(competition, 1, "x")
    exclusions.move(competition, 2, "b", "x")
    assert verify(competition).faults == []
    with competition.store.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert fault in verify(competition).faults


@pytest.mark.parametrize("late", ["2", "0 days", "soon", "2 weeks"])
def test_a_span_that_is_not_understood_is_refused(late: str) -> None:
    with pytest.raises(LeaderboardError, match='write it as "2 days" or "12 hours"'):
        Rules(name="n", classes=("a", "b"), deadline="2026-12-20", late=late)


def test_late_files_need_a_deadline_and_a_reason_must_be_written() -> None:
    with pytest.raises(LeaderboardError, match="counts from the deadline: set one"):
        Rules(name="n", classes=("a", "b"), late="2 days")


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "a\x1bb"])
def test_a_reason_is_asked_for(make: Make, entry: Entry, reason: str) -> None:
    competition = make()
    number = enter(competition, entry, 1).submission
    with pytest.raises(LeaderboardError, match=r"--reason .* 1 to 200 printable characters"):
        exclusions.void(competition, number, reason)
    with pytest.raises(LeaderboardError, match=r"--reason .* 1 to 200 printable characters"):
        exclusions.move(competition, number, "b", reason)
    with pytest.raises(LeaderboardError, match="entry 9 does not exist"):
        exclusions.void(competition, 9, "x")


def test_a_reveal_waits_for_late_files_or_a_freeze(make: Make, clock: ManualClock) -> None:
    competition = make(deadline="2025-11-24 13:00", late="2 hours")
    clock.at += 2 * HOUR
    with pytest.raises(LeaderboardError, match="late files are accepted until 2025-11-24 15:00:00 UTC: run"):
        lifecycle.reveal(competition)
    clock.at += HOUR
    assert lifecycle.reveal(competition) == []
