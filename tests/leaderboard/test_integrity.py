"""Simulated teams of which the guilty ones are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from leaderboard import integrity

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


def test_honest_teams_raise_nothing(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    assert integrity._copies(names(12), predicted, truth) == []
    assert integrity._copiers(names(12), predicted, truth) == []
    assert not integrity.at_chance(predicted, truth).any()


def test_a_near_copy_is_found(field: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = field
    copy = predicted[4].copy()
    copy[::50] = np.random.default_rng(0).integers(0, CLASSES, len(copy[::50]))
    found = integrity._copies(names(13), np.vstack([predicted, copy]), truth)
    assert [finding.teams for finding in found] == [("team 4", "team 12")]


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_copied_labels_are_found_even_in_part(field: tuple[np.ndarray, np.ndarray], share: float) -> None:
    predicted, truth = field
    generator = np.random.default_rng(1)
    copier = np.where(generator.random(ROWS) < share, truth, predicted[0])
    # To look honest it makes some errors of its own.
    copier = np.where(generator.random(ROWS) < 0.02, generator.integers(0, CLASSES, ROWS), copier)
    found = integrity._copiers(names(13), np.vstack([predicted, copier]).astype(np.int16), truth)
    assert [finding.teams for finding in found] == [("team 12",)]


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
