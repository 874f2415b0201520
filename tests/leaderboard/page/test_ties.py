"""The figure "Tied with the first" on the page, against scipy on the files and labels themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from leaderboard.competition import entries, teams
from leaderboard.competition.competition import Competition
from leaderboard.page.publish import publish
from leaderboard.scoring.solution import PUBLIC
from leaderboard.storage import database as database_tables

ACCURACIES = (0.9, 0.88, 0.85, 0.8, 0.7, 0.4)


@pytest.fixture
def database() -> None:
    """The page does not depend on the database: SQLite is enough."""


def read_labels(path: Path) -> np.ndarray:
    return np.array([line.split(",")[1] for line in path.read_text().splitlines()[1:]])


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_tied_with_the_first_is_what_scipy_counts(
    make: Callable[..., Competition],
    entry: Callable[..., Path],
    labels: np.ndarray,
    tmp_path: Path,
    seed: int,
) -> None:
    competition = make()
    public = competition.solution(0).usage == PUBLIC
    # The competition orders its rows by length of the id and then by id: 1 to 200, as the files are.
    hits = []
    for index, accuracy in enumerate(ACCURACIES):
        name = f"team {index}"
        teams.add(competition, name)
        path = entry(accuracy, seed=seed + index)
        entries.submit(competition, name, path)
        hits.append((read_labels(path) == labels)[public])
    first = max(hits, key=lambda rows: rows.sum())
    tied = 0
    for own in sorted(hits, key=lambda rows: -rows.sum()):
        a, b = int((first & ~own).sum()), int((own & ~first).sum())
        if a + b and stats.binomtest(a, a + b, 0.5).pvalue <= 0.05:
            break
        tied += own is not first
    publish(competition, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    found = re.search(r"Tied with the first.*?</dt><dd>(\d+)</dd>", page, re.DOTALL)
    assert found is not None
    assert int(found[1]) == tied
    assert 0 < tied < len(ACCURACIES) - 1


def test_scores_that_differ_look_different_on_the_page_and_in_its_data(
    make: Callable[..., Competition], entry: Callable[..., Path], tmp_path: Path
) -> None:
    """Two teams whose accuracies agree in all of the usual digits, as on a test of 100,000 rows."""
    competition = make()
    scores = database_tables.public_scores
    for hits, team in enumerate(("a", "b"), 93_331):
        number = entries.submit(competition, team, entry(seed=hits)).submission
        with competition.store.engine.begin() as connection:
            connection.execute(scores.update().where(scores.c.submission_id == number).values(hits=hits, rows=100_000))
    publish(competition, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    assert re.findall(r'<td class="score">(.*?)</td>', page) == ["93.332", "93.331"]
    table = [line.split(",") for line in (tmp_path / "site" / "leaderboard.csv").read_text().splitlines()]
    assert [row[table[0].index("score")] for row in table[1:]] == ["0.93332", "0.93331"]
