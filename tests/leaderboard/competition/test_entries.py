"""Entries, quotas and picks, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, lifecycle, picks, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.scoring.solution import PRIVATE, PUBLIC
from leaderboard.standings import ranking
from leaderboard.storage import database

HOUR = 3_600_000_000
Make = Callable[..., Competition]
Entry = Callable[..., Path]


def accepted(competition: Competition) -> int:
    with competition.read_transaction() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(database.submissions)).scalar_one()


def test_an_entry_is_scored_on_the_public_rows_alone(make: Make, entry: Entry, labels: np.ndarray) -> None:
    competition = make()
    path = entry(0.8)
    receipt = entries.submit(competition, "A ", path, "first try")
    usage = competition.solution(0).usage
    right = np.array([row.split(",")[1] for row in path.read_text().split()[1:]]) == labels
    assert receipt.score.hits == right[usage == PUBLIC].sum()
    assert receipt.score.rows == (usage == PUBLIC).sum() == 60
    assert (receipt.submission, receipt.left, receipt.team) == (1, 4, "a")
    with competition.read_transaction() as connection:
        (kept,) = ranking.private_entries(connection)
    assert kept.private.hits == right[usage == PRIVATE].sum()
    assert competition.archive.get(next(competition.archive.root.glob("*/*.csv")).stem) == path.read_bytes()


def test_the_quota_holds_and_ends_with_the_local_day(make: Make, entry: Entry, clock) -> None:
    competition = make(daily_quota=2, timezone="Europe/Berlin")
    for seed in (1, 2):
        entries.submit(competition, "a", entry(seed=seed))
    with pytest.raises(RefusedError, match=r"has used its 2 entries of today: the next day begins in 11 h 0 min"):
        entries.submit(competition, "a", entry(seed=3))
    entries.submit(competition, "b", entry(seed=3))
    clock.at += 11 * HOUR - 1
    with pytest.raises(RefusedError):
        entries.submit(competition, "a", entry(seed=4))
    clock.at += 1
    assert entries.submit(competition, "a", entry(seed=4)).left == 1


def test_invalid_files_cost_no_quota_and_have_a_cap(make: Make, entry: Entry, tmp_path: Path) -> None:
    competition = make(daily_invalid=3)
    bad = tmp_path / "bad.csv"
    bad.write_text("id,label\n1,Cat\n")
    for left in (2, 1, 0):
        receipt = entries.submit(competition, "a", bad)
        assert (receipt.submission, receipt.score, receipt.left) == (None, None, 5)
        assert receipt.invalid_left == left
        assert {"LABEL_CASE", "ID_MISSING"} <= receipt.report.counts.keys()
    for path in (bad, entry()):
        with pytest.raises(RefusedError, match="3 invalid files today"):
            entries.submit(competition, "a", path)
    assert accepted(competition) == 0
    assert not verify(competition).faults


def test_the_same_file_again_costs_nothing(make: Make, entry: Entry) -> None:
    competition = make()
    entries.submit(competition, "a", entry())
    with pytest.raises(RefusedError, match="the same file is already entry 1 of 'a'"):
        entries.submit(competition, "a", entry())
    assert entries.submit(competition, "b", entry()).submission == 2


def test_no_entries_after_the_deadline_or_when_frozen_or_disabled(make: Make, entry: Entry, clock) -> None:
    competition = make(deadline="2025-11-24 13:00")
    clock.at += HOUR - 1
    entries.submit(competition, "a", entry(seed=1))
    clock.at += 1
    with pytest.raises(RefusedError, match="the deadline has passed: it was 2025-11-24 13:00 UTC"):
        entries.submit(competition, "a", entry(seed=2))
    clock.at -= HOUR
    lifecycle.set_frozen(competition, True)
    with pytest.raises(RefusedError, match="frozen"):
        entries.submit(competition, "a", entry(seed=2))
    with pytest.raises(RefusedError, match="frozen"):
        picks.select(competition, "a", [1])
    lifecycle.set_frozen(competition, False)
    teams.set_disabled(competition, "a", True)
    with pytest.raises(RefusedError, match="disabled"):
        entries.submit(competition, "a", entry(seed=2))
    teams.set_disabled(competition, "a", False)
    entries.submit(competition, "a", entry(seed=2))


def test_who_came_in_time_is_not_late_for_having_waited(make: Make, entry: Entry, clock) -> None:
    competition = make(deadline="2025-11-24 13:00")
    judge = entries.validate_file

    def slowly(*arguments):
        clock.at += HOUR  # such as for another command's lock
        return judge(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "validate_file", slowly)
        assert entries.submit(competition, "a", entry(seed=1)).submission == 1
        with pytest.raises(RefusedError, match="deadline"):
            entries.submit(competition, "a", entry(seed=2))


def test_under_the_ladder_rule_a_small_gain_does_not_count(make: Make, tmp_path: Path, labels: np.ndarray) -> None:
    competition = make(ladder=True)
    public = np.flatnonzero(competition.solution(0).usage == PUBLIC)

    def entry_with(wrong: int) -> Path:
        guess = labels.copy()
        guess[public[:wrong]] = np.where(labels[public[:wrong]] == "cat", "dog", "cat")
        path = tmp_path / f"wrong-{wrong}.csv"
        path.write_text("id,label\n" + "".join(f"{i},{g}\n" for i, g in enumerate(guess, 1)))
        return path

    # One more row right of 60 is a gain of exactly one standard error less a hair; five more are clear.
    shown = [entries.submit(competition, "a", entry_with(wrong)) for wrong in (20, 19, 15)]
    assert [receipt.counts for receipt in shown] == [True, False, True]
    assert [receipt.score.hits for receipt in shown] == [40, 40, 45]
    with competition.read_transaction() as connection:
        places = ranking.public_standings(connection, ranking.public_entries(connection), "earlier")
    assert (places[0].score.hits, places[0].entries) == (45, 3)


def test_message_and_team_mistakes(make: Make, entry: Entry) -> None:
    competition = make()
    with pytest.raises(LeaderboardError, match=r"did you mean 'a'|add it with"):
        entries.submit(competition, "aa", entry())
    for message in ("x" * 201, "a\nb", "\x1b[2J"):
        with pytest.raises(LeaderboardError, match="printable"):
            entries.submit(competition, "a", entry(), message)


def submit_at_once(competition: Competition, paths: list[Path]) -> int:
    """Threads that all wait for one another, then submit; how many were accepted."""
    barrier, count = threading.Barrier(len(paths)), [0]
    errors: list[BaseException] = []

    def work(path: Path) -> None:
        barrier.wait()
        try:
            entries.submit(competition, "a", path)
            count[0] += 1
        except RefusedError:
            pass
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    return count[0]


def accepted_of_many(competition: Competition, entry: Entry, clock, rounds: int, at_once: int) -> list[int]:
    """How many of the files that are submitted at once are accepted, for each day."""
    counts = []
    for done in range(rounds):
        # Other files each round, as the same file again is refused.
        paths = [entry(seed=done * at_once + number) for number in range(at_once)]
        counts.append(submit_at_once(competition, paths))
        clock.at += 24 * HOUR
    return counts


@pytest.mark.timeout(120)
def test_of_concurrent_entries_the_quota_accepts_exactly_five(make: Make, entry: Entry, clock) -> None:
    competition = make(daily_quota=5)
    assert accepted_of_many(competition, entry, clock, rounds=2, at_once=20) == [5, 5]
    assert accepted(competition) == 10
    assert not verify(competition).faults


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_at_once_a_hundred_times_over(make: Make, entry: Entry, clock) -> None:
    competition = make(daily_quota=5)
    assert accepted_of_many(competition, entry, clock, rounds=100, at_once=50) == [5] * 100
    assert accepted(competition) == 500
    assert not verify(competition).faults
