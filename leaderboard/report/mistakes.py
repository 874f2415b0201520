"""Which classes and images the teams get wrong. All of this reveals labels: it is for the tutor only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.stored_files import stored_codes
from leaderboard.standings import ranking
from leaderboard.standings.ranking import Standing
from leaderboard.storage import database
from leaderboard.table import words

HARDEST = 20


@dataclass(frozen=True)
class ClassAccuracy:
    """The teams' accuracy on the scored images of one class: lowest, median and highest, 0 to 1."""

    name: str
    images: int
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class HardImage:
    """One image, the number of teams that are right, and the class (`predicted`) that `votes` of the others give."""

    id: str
    label: str
    right: int
    predicted: str
    votes: int


@dataclass(frozen=True)
class Mistakes:
    """The mistakes of `teams` teams; `right_counts[k]`: the number of images on which exactly k teams are right."""

    teams: int
    classes: list[ClassAccuracy]
    hardest: list[HardImage]
    right_counts: list[int]


def read_mistakes(competition: Competition, places: list[Standing]) -> Mistakes | None:
    """The mistakes of the ranked teams' entries in `places` on all scored images; None if no team is ranked."""
    numbers = [place.entry.number for place in places if place.rank is not None]
    if not numbers:
        return None
    with competition.read_transaction() as connection:
        revision = ranking.current_revision(connection)
        files = database.select_dict(connection, sa.select(database.submissions.c.id, database.submissions.c.sha256))
    solution = competition.solution(revision)
    predicted = np.array([stored_codes(competition, solution, number, files[number]) for number in numbers])
    scored = solution.scored
    ids = words.decode(solution.ids[scored])
    return mistakes(predicted[:, scored], solution.truth[scored], ids, solution.classes)


def mistakes(predicted: np.ndarray, truth: np.ndarray, ids: list[str], classes: tuple[str, ...]) -> Mistakes:
    """From class codes (int16): `predicted` is teams x images, `truth` has one per image."""
    right = predicted == truth
    counts = right.sum(axis=0)
    per_class = [_accuracy(name, right[:, truth == code]) for code, name in enumerate(classes) if (truth == code).any()]
    order = np.argsort(counts, kind="stable")[:HARDEST]
    hardest = [_hard(int(row), predicted, truth, ids, classes) for row in order if counts[row] < len(predicted)]
    histogram = np.bincount(counts, minlength=len(predicted) + 1)
    return Mistakes(len(predicted), per_class, hardest, [int(count) for count in histogram])


def _accuracy(name: str, right: np.ndarray) -> ClassAccuracy:
    shares = right.mean(axis=1)
    return ClassAccuracy(name, right.shape[1], float(shares.min()), float(np.median(shares)), float(shares.max()))


def _hard(row: int, predicted: np.ndarray, truth: np.ndarray, ids: list[str], classes: tuple[str, ...]) -> HardImage:
    column, code = predicted[:, row], int(truth[row])
    votes = np.bincount(column[column != code], minlength=len(classes))
    mistaken = int(votes.argmax())
    return HardImage(ids[row], classes[code], int((column == code).sum()), classes[mistaken], int(votes[mistaken]))
