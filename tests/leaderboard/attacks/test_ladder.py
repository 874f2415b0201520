"""Attempts on the Ladder rule and on rescoring, against a competition that had the right labels from the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, rescoring, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database as tables
from tests.leaderboard.conftest import CLASSES, ManualClock, edited, guess, write_csv

Make, Entry = Callable[..., Competition], Callable[..., Path]
ROWS = 600


def scores(competition: Competition) -> list[tuple]:
    """Entry, hits and whether they count, under the revision in use."""
    score = tables.public_scores.c
    with competition.read_transaction() as connection:
        revision = connection.execute(sa.select(tables.competition.c.revision)).scalar_one()
        found = connection.execute(
            sa.select(score.submission_id, score.hits, score.counts)
            .where(score.revision == revision)
            .order_by(score.submission_id)
        )
        return [tuple(row) for row in found]


def build(folder: Path, labels: np.ndarray, usage: np.ndarray, **rules: object) -> Competition:
    folder.mkdir()
    lines = [f"{i},{label},{part}\n" for i, (label, part) in enumerate(zip(labels, usage, strict=True), 1)]
    (folder / "solution.csv").write_text("id,label,usage\n" + "".join(lines))
    made = create(folder / "c", folder / "solution.csv", {"name": "n", **rules}, Split(), clock=ManualClock())
    for name in ("a", "b"):
        teams.add(made, name)
    return made


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.02, 0.2])
def test_a_rescore_gives_what_the_right_labels_would_have_given(tmp_path: Path, seed: int, share: float) -> None:
    """Scores, and which of them count, of a competition whose labels were right from the first entry on."""
    generator = np.random.default_rng(seed)
    right = generator.choice(CLASSES, ROWS)
    wrong = np.where(generator.random(ROWS) < share, generator.choice(CLASSES, ROWS), right)
    usage = np.where(np.arange(ROWS) % 3, "Private", "Public")
    rules = {"ladder": True, "daily_quota": 50}
    mended, fresh = build(tmp_path / "mended", wrong, usage, **rules), build(tmp_path / "fresh", right, usage, **rules)
    for number in range(12):
        file = write_csv(tmp_path / f"{number}.csv", guess(right, 0.5 + number / 40, 100 * seed + number))
        for made in (mended, fresh):
            entries.submit(made, "ab"[number % 2], file)
    rescoring.rescore(mended, write_csv(tmp_path / "right.csv", right))
    assert scores(mended) == scores(fresh)
    assert len({counts for _, _, counts in scores(mended)}) == 2, "some count and some do not"
    assert verify(mended, again=True).faults == []


def test_a_rescore_that_lets_an_entry_count_no_more_takes_its_place_too(make: Make, entry: Entry, tmp_path) -> None:
    """Labels under which both entries of the team are equal: the second no longer beats the first."""
    competition = make(ladder=True)
    for accuracy in (0.5, 0.95):
        entries.submit(competition, "a", entry(accuracy, seed=3))
    assert [counts for _, _, counts in scores(competition)] == [True, True]
    first = entry(0.5, seed=3).read_text().splitlines()[1:]
    rescoring.rescore(competition, write_csv(tmp_path / "f.csv", np.array([line.split(",")[1] for line in first])))
    assert [counts for _, _, counts in scores(competition)] == [True, False]
    assert verify(competition, again=True).faults == []


def test_a_rule_that_is_switched_on_holds_for_later_entries_alone(make: Make, entry: Entry) -> None:
    competition = make()
    for seed in (1, 2):
        entries.submit(competition, "a", entry(0.7, seed=seed))
    ladder = edited(competition, "ladder = false", "ladder = true")
    entries.submit(ladder, "a", entry(0.7, seed=3))
    assert [counts for _, _, counts in scores(ladder)] == [True, True, False]


def test_the_rule_cannot_be_passed_by_an_entry_in_pieces(make: Make, entry: Entry, labels, tmp_path: Path) -> None:
    """One more right row at a time: none counts until the gain as a whole is clear."""
    competition = make(ladder=True, daily_quota=60)
    rows = guess(labels, 0.6, 1)
    wrong = np.flatnonzero(rows != labels)
    counted = []
    for number in range(0, 40, 4):
        better = rows.copy()
        better[wrong[:number]] = labels[wrong[:number]]
        counted.append(entries.submit(competition, "a", write_csv(tmp_path / f"{number}.csv", better)).counts)
    assert counted[0]
    assert sum(counted) < 6


def test_two_teams_with_one_file_do_not_bound_each_other(make: Make, entry: Entry) -> None:
    competition = make(ladder=True)
    assert [entries.submit(competition, team, entry(seed=1)).counts for team in ("a", "b")] == [True, True]


def test_a_receipt_of_an_entry_that_does_not_count_tells_nothing_of_it(make: Make, entry: Entry) -> None:
    competition = make(ladder=True)
    first = entries.submit(competition, "a", entry(0.9, seed=1))
    second = entries.submit(competition, "a", entry(0.3, seed=2))
    assert (second.counts, second.score) == (False, first.score)


@pytest.mark.parametrize("kind", ["the same labels", "other ids", "no labels", "one part ignored"])
def test_a_rescore_that_makes_no_sense_changes_nothing(make: Make, entry: Entry, labels, tmp_path, kind: str) -> None:
    competition = make(ladder=True)
    entries.submit(competition, "a", entry(seed=1))
    before, files = scores(competition), sorted((competition.root / "private").iterdir())
    fixed = tmp_path / "fixed.csv"
    lines = [f"{i},{label}" for i, label in enumerate(labels, 1)]
    fixed.write_text(
        {
            "the same labels": "id,label\n" + "\n".join(lines),
            "other ids": "id,label\n" + "\n".join(f"x{line}" for line in lines),
            "no labels": "id,label\n",
            "one part ignored": "id,label,usage\n" + "\n".join(f"{line},Ignored" for line in lines),
        }[kind]
        + "\n"
    )
    with pytest.raises(LeaderboardError):
        rescoring.rescore(competition, fixed)
    assert (scores(competition), sorted((competition.root / "private").iterdir())) == (before, files)
    assert verify(competition, again=True).faults == []
