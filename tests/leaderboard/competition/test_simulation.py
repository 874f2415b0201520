"""Made-up answers: the accuracy asked for, and errors that several teams share."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboard.competition.simulation import Images, labels_csv


@pytest.mark.parametrize("accuracy", [0.1, 0.6, 0.95])
def test_the_accuracy_is_the_one_asked_for(accuracy: float) -> None:
    generator = np.random.default_rng(0)
    images = Images(5000, generator)
    assert (images.predictions(accuracy, generator) == images.truth).mean() == pytest.approx(accuracy, abs=0.001)


def test_two_teams_share_errors_and_are_no_near_copies() -> None:
    generator = np.random.default_rng(0)
    images = Images(10_000, generator)
    a, b = (images.predictions(0.9, generator) for _ in range(2))
    wrong = (a != images.truth) | (b != images.truth)
    same = (a == b) & (a != images.truth)
    assert 0.05 < same.sum() / wrong.sum() < 0.5


def test_the_csv() -> None:
    assert labels_csv(np.array([0, 9])) == b"id,label\n1,airplane\n2,truck\n"
