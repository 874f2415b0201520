"""Freeze, reveal and rescore: the mistakes, and what a label fix may do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from leaderboard import entries, lifecycle, ranking
from leaderboard.competition import Competition
from leaderboard.errors import LeaderboardError
from leaderboard.solution import IGNORED
from leaderboard.verification import verify

Make, Entry = Callable[..., Competition], Callable[..., Path]


def write(path: Path, labels: np.ndarray, usage: np.ndarray | None = None) -> Path:
    columns = [labels] if usage is None else [labels, usage]
    rows = [f"{i}," + ",".join(map(str, row)) for i, row in enumerate(zip(*columns, strict=True), 1)]
    path.write_text("\n".join(["id,label" + (",usage" if usage is not None else ""), *rows]) + "\n")
    return path


def test_reveal_waits_for_the_end(make: Make, entry: Entry, clock) -> None:
    competition = make(deadline="2025-11-25")
    entries.submit(competition, "a", entry())
    with pytest.raises(LeaderboardError, match="freeze first"):
        lifecycle.reveal(competition)
    clock.at += 36 * 3_600_000_000
    assert [move.after.team.name for move in lifecycle.reveal(competition)] == ["a"]
    with pytest.raises(LeaderboardError, match="stays frozen"):
        lifecycle.set_frozen(competition, False)


def test_freezing_twice_is_said(make: Make) -> None:
    competition = make()
    lifecycle.set_frozen(competition, True)
    with pytest.raises(LeaderboardError, match="already"):
        lifecycle.set_frozen(competition, True)


def test_rows_can_be_dropped_by_a_label_fix(make: Make, entry: Entry, labels: np.ndarray, tmp_path: Path) -> None:
    competition = make()
    entries.submit(competition, "a", entry())
    usage = competition.solution(0).usage
    dropped = np.where(np.arange(200) < 10, "Ignored", np.array(["Public", "Private"])[usage])
    lifecycle.rescore(competition, write(tmp_path / "fixed.csv", labels, dropped))
    after = competition.solution(1)
    assert (after.usage[:10] == IGNORED).all()
    np.testing.assert_array_equal(after.usage[10:], usage[10:])
    with competition.reading() as connection:
        (kept,) = ranking.private_entries(connection)
    assert kept.public.rows + kept.private.rows == 190
    # The next entry is scored on the same rows.
    assert entries.submit(competition, "b", entry(seed=1)).score.rows == kept.public.rows
    assert not verify(competition).faults


def test_a_rescore_that_fails_changes_nothing(make: Make, entry: Entry, labels: np.ndarray, tmp_path: Path) -> None:
    competition = make()
    entries.submit(competition, "a", entry())
    kept = next(competition.archive.root.glob("*/*.csv"))
    text = kept.read_text()
    kept.write_text("id,label\n")
    changed = np.where(labels == "cat", "dog", labels)
    with pytest.raises(LeaderboardError, match="entry 1 is damaged"):
        lifecycle.rescore(competition, write(tmp_path / "fixed.csv", changed))
    kept.write_text(text)
    with competition.reading() as connection:
        assert ranking.current_revision(connection) == 0
    assert not verify(competition).faults


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda labels: labels, "nothing to rescore"),
        (lambda labels: labels[:-1], "exactly the ids"),
        (lambda labels: np.where(np.arange(200) == 0, "zebra", labels), "'zebra' is not one of"),
    ],
)
def test_a_wrong_fix_is_named(make: Make, labels: np.ndarray, tmp_path: Path, change, message: str) -> None:
    with pytest.raises(LeaderboardError, match=message):
        lifecycle.rescore(make(), write(tmp_path / "fixed.csv", change(labels)))
