"""What a label fix may do, and the mistakes in one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, exclusions, rescoring, scores
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring.solution import IGNORED
from leaderboard.standings import ranking
from tests.leaderboard.conftest import edited

Make, Entry = Callable[..., Competition], Callable[..., Path]


def write(path: Path, labels: np.ndarray, usage: np.ndarray | None = None) -> Path:
    columns = [labels] if usage is None else [labels, usage]
    rows = [f"{i}," + ",".join(map(str, row)) for i, row in enumerate(zip(*columns, strict=True), 1)]
    path.write_text("\n".join(["id,label" + (",usage" if usage is not None else ""), *rows]) + "\n")
    return path


def test_rows_can_be_dropped_by_a_label_fix(make: Make, entry: Entry, labels: np.ndarray, tmp_path: Path) -> None:
    competition = make()
    entries.submit(competition, "a", entry())
    usage = competition.solution(0).usage
    dropped = np.where(np.arange(200) < 10, "Ignored", np.array(["Public", "Private"])[usage])
    rescoring.rescore(competition, write(tmp_path / "fixed.csv", labels, dropped))
    after = competition.solution(1)
    assert (after.usage[:10] == IGNORED).all()
    np.testing.assert_array_equal(after.usage[10:], usage[10:])
    with competition.read_transaction() as connection:
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
        rescoring.rescore(competition, write(tmp_path / "fixed.csv", changed))
    kept.write_text(text)
    with competition.read_transaction() as connection:
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
        rescoring.rescore(make(), write(tmp_path / "fixed.csv", change(labels)))


def hits(competition: Competition, revision: int) -> dict[int, tuple[int, bool]]:
    """Public hits of each entry, and whether they count."""
    with competition.read_transaction() as connection:
        stored = scores.stored_scores(connection)
    return {entry: (score[1], score[5]) for (entry, number), score in stored.items() if number == revision}


def test_a_row_that_a_fix_ignored_by_mistake_comes_back(
    make: Make, entry: Entry, labels: np.ndarray, tmp_path: Path
) -> None:
    competition = make()
    entries.submit(competition, "a", entry())
    usage = np.array(["Public", "Private"])[competition.solution(0).usage]
    wrong = np.where(np.arange(200) < 100, "Ignored", usage)
    rescoring.rescore(competition, write(tmp_path / "wrong.csv", labels, wrong))
    rescoring.rescore(competition, write(tmp_path / "right.csv", labels))
    np.testing.assert_array_equal(competition.solution(2).usage, competition.solution(0).usage)
    assert hits(competition, 2) == hits(competition, 0)
    assert not verify(competition).faults


@pytest.mark.parametrize("first", ["false", "true"])
def test_the_ladder_is_replayed_for_the_entries_it_held_for(
    first: str, make: Make, labels: np.ndarray, tmp_path: Path
) -> None:
    competition = make(ladder=first == "true")
    public = np.flatnonzero(competition.solution(0).usage == 0)
    private = np.flatnonzero(competition.solution(0).usage == 1)

    def enter(number: int, wrong: np.ndarray) -> None:
        guesses = np.where(np.isin(np.arange(200), wrong), "zebra", labels)
        guesses[guesses == "zebra"] = [("cat" if label != "cat" else "dog") for label in labels[guesses == "zebra"]]
        entries.submit(competition, "a", write(tmp_path / f"{number}.csv", guesses))

    enter(1, public[:20])
    enter(2, public[:19])  # one more is right: better, but by less than chance
    second = "false" if first == "true" else "true"
    competition = edited(competition, f"ladder = {first}", f"ladder = {second}")
    enter(3, public[:18])
    before = hits(competition, 0)
    assert [counts for _, counts in before.values()] == [True, first == "false", second == "false"]
    fixed = labels.copy()
    fixed[private[0]] = "cat" if labels[private[0]] != "cat" else "dog"
    rescoring.rescore(competition, write(tmp_path / "fixed.csv", fixed))
    assert hits(competition, 1) == before, "the fix of a private label changes no public score"


def test_a_void_entry_is_no_bar_when_the_ladder_is_replayed(make: Make, labels: np.ndarray, tmp_path: Path) -> None:
    competition = make(ladder=True)
    wrong = np.where(labels == "cat", "dog", "cat")
    for number, right in ((1, 150), (2, 149)):
        guesses = np.where(np.arange(200) < right, labels, wrong)
        entries.submit(competition, "a", write(tmp_path / f"{number}.csv", guesses))
    exclusions.void(competition, 1, "two accounts")
    assert [counts for _, counts in hits(competition, 0).values()] == [True, False]
    fixed = labels.copy()
    fixed[0] = "cat" if labels[0] != "cat" else "dog"
    rescoring.rescore(competition, write(tmp_path / "fixed.csv", fixed))
    assert [counts for _, counts in hits(competition, 1).values()] == [True, True]


def lenient(truth: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """A metric that a tutor might write."""
    return (truth == codes) | (truth == 0)


def test_entries_scored_by_another_metric_are_put_right(make: Make, entry: Entry, tmp_path: Path) -> None:
    competition = make()
    entries.submit(competition, "a", entry())
    competition = edited(competition, 'metric = "accuracy"', f'metric = "{__name__}:lenient"')
    entries.submit(competition, "b", entry())
    before = hits(competition, 0)
    assert before[1][0] < before[2][0], "the same file"
    rescoring.rescore(competition, tmp_path / "solution.csv")
    assert hits(competition, 1) == {1: before[2], 2: before[2]}
    with pytest.raises(LeaderboardError, match="nothing to rescore"):
        rescoring.rescore(competition, tmp_path / "solution.csv")
    assert not (competition.root / "private" / "solution-2.csv").exists()
    assert not verify(competition).faults


def test_entries_scored_while_a_label_was_edited_by_hand_are_put_right(
    make: Make, entry: Entry, tmp_path: Path
) -> None:
    competition = make()
    entries.submit(competition, "a", entry())
    path = competition.root / "private" / "solution-0.csv"
    text = path.read_text()
    path.write_text(text.replace(",cat,", ",dog,"))
    entries.submit(Competition(competition.root, competition.clock), "b", entry())
    path.write_text(text)
    competition = Competition(competition.root, competition.clock)
    before = hits(competition, 0)
    assert before[1] != before[2]
    rescoring.rescore(competition, tmp_path / "solution.csv")
    assert hits(competition, 1) == {1: before[1], 2: before[1]}
