"""Simulated teams of which the guilty ones are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from leaderboard.audit import integrity
from leaderboard.competition import entries, picks, teams
from tests.leaderboard.conftest import CLASSES as CLASS_NAMES
from tests.leaderboard.conftest import write_csv

ROWS, CLASSES = 4000, 10


@pytest.fixture
def field() -> tuple[np.ndarray, np.ndarray]:
    """Twelve honest teams (teams x rows) and the official labels, of which 60 are wrong."""
    generator = np.random.default_rng(3)
    real = generator.integers(0, CLASSES, ROWS)
    official = real.copy()
    mislabelled = generator.choice(ROWS, 60, replace=False)
    official[mislabelled] = (real[mislabelled] + 1 + generator.integers(0, CLASSES - 1, 60)) % CLASSES
    hard = generator.random(ROWS) < 0.08
    teams = []
    for _ in range(12):
        wrong = generator.random(ROWS) < np.where(hard, 0.5, 0.02)
        teams.append(np.where(wrong, generator.integers(0, CLASSES, ROWS), real))
    return np.array(teams, np.int16), official.astype(np.int16)


def names(count: int) -> list[str]:
    return [f"team {n}" for n in range(count)]


def copies(owners: list[str], predicted: np.ndarray, truth: np.ndarray) -> list[integrity.Finding]:
    return integrity._copies(integrity._pairs(owners, predicted, truth))


def copiers(owners: list[str], predicted: np.ndarray, truth: np.ndarray) -> list[integrity.Finding]:
    return integrity._copiers(owners, predicted, truth, integrity._pairs(owners, predicted, truth))


def test_honest_teams_raise_nothing(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    assert copies(names(12), predicted, truth) == []
    assert copiers(names(12), predicted, truth) == []
    assert not integrity.at_chance(predicted, truth).any()


def test_a_near_copy_is_found(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    copy = predicted[4].copy()
    copy[::50] = np.random.default_rng(0).integers(0, CLASSES, len(copy[::50]))
    found = copies(names(13), np.vstack([predicted, copy]), truth)
    assert [finding.teams for finding in found] == [("team 4", "team 12")]


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_copied_labels_are_found_even_in_part(field: tuple[np.ndarray, np.ndarray], share: float) -> None:
    predicted, truth = field
    generator = np.random.default_rng(1)
    copier = np.where(generator.random(ROWS) < share, truth, predicted[0])
    # To look honest it makes some errors of its own.
    copier = np.where(generator.random(ROWS) < 0.02, generator.integers(0, CLASSES, ROWS), copier)
    found = copiers(names(13), np.vstack([predicted, copier]).astype(np.int16), truth)
    assert [finding.teams for finding in found] == [("team 12",)]


def test_accomplices_do_not_hide_one_another(field: tuple[np.ndarray, np.ndarray]) -> None:
    """Three of ten hand in one perfect file: less than 80 % of the others agree on the wrong labels' true classes."""
    predicted, truth = field
    everyone = np.vstack([predicted[:7], truth, truth, truth])
    assert {f.teams for f in copiers(names(10), everyone, truth)} == {("team 7",), ("team 8",), ("team 9",)}
    alike = copies(names(10), everyone, truth)
    assert {f.teams for f in alike} == {("team 7", "team 8"), ("team 7", "team 9"), ("team 8", "team 9")}
    assert {f.detail for f in alike} == {"their predictions are identical"}


def test_a_perfect_entry_is_named_however_few_teams_there_are(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    found = integrity._perfect(names(3), np.vstack([predicted[:2], truth]), truth)
    assert [(f.kind, f.teams) for f in found] == [("no errors", ("team 2",))]


@pytest.mark.parametrize("mislabelled", [20, 50])
def test_honest_teams_that_err_only_where_labels_are_wrong_are_no_copies(mislabelled: int) -> None:
    generator = np.random.default_rng(mislabelled)
    real = generator.integers(0, CLASSES, 10_000)
    official = real.copy()
    official[:mislabelled] = (real[:mislabelled] + 1) % CLASSES
    wrong = generator.random((12, len(real))) < 0.0007
    honest = np.where(wrong, generator.integers(0, CLASSES, wrong.shape), real).astype(np.int16)
    assert np.median(integrity.error_overlap(honest, official)) > 0.6, "by all errors they look alike"
    assert copies(names(12), honest, official.astype(np.int16)) == []


def test_each_entry_of_a_team_is_looked_at_and_never_against_its_own(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    mixed = np.where(np.arange(ROWS) < 1000, predicted[3], truth)  # honest on some rows, copied on the others
    rows = np.vstack([predicted, predicted[3], mixed]).astype(np.int16)
    owners = [*names(12), "team 3", "team 3"]
    assert copies(owners, rows, truth) == []
    assert [f.teams for f in copiers(owners, rows, truth)] == [("team 3",)]


def test_the_entry_that_is_picked_is_reviewed(make, labels: np.ndarray, tmp_path) -> None:
    competition = make()
    public = competition.solution(0).usage == 0
    generator = np.random.default_rng(0)
    teams.add(competition, "cheat")

    def enter(team: str, guesses: np.ndarray, name: str) -> int:
        return entries.submit(competition, team, write_csv(tmp_path / f"{name}.csv", guesses)).submission

    honest = [np.where(generator.random(200) < 0.8, labels, generator.choice(CLASS_NAMES, 200)) for _ in range(4)]
    for number, team in enumerate(("a", "b")):
        enter(team, honest[number], team)
    better = np.where(public & (np.arange(200) % 9 > 0), labels, honest[2])
    enter("cheat", better, "honest")
    assert not [f for f in integrity.find_suspicious(competition) if f.kind == "no errors"]
    picks.select(competition, "cheat", [enter("cheat", labels, "perfect")])
    found = integrity.find_suspicious(competition)
    assert ("no errors", ("cheat",)) in [(f.kind, f.teams) for f in found]


def test_chance_level_is_found(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    constant, random = np.zeros(ROWS, np.int16), np.random.default_rng(0).integers(0, CLASSES, ROWS)
    assert integrity.at_chance(np.vstack([predicted[:1], constant, random]), truth).tolist() == [False, True, True]


def test_overlap_by_sets(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    overlap = integrity.error_overlap(predicted[:3], truth)
    errors = [{(i, c) for i, c in enumerate(p) if c != truth[i]} for p in predicted[:3]]
    for i in range(3):
        for j in range(3):
            either = {row for row, _ in errors[i] | errors[j]}
            assert overlap[i, j] == pytest.approx(len(errors[i] & errors[j]) / len(either))


@pytest.mark.parametrize(("hits", "rows"), [(0, 5), (5, 5), (30, 60), (13, 60), (500, 3000)])
def test_tail_is_scipys(hits: int, rows: int) -> None:
    assert integrity.binomial_tail(hits, rows, 0.4) == pytest.approx(stats.binom.sf(hits - 1, rows, 0.4), rel=1e-8)
