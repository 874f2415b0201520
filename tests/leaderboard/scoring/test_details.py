"""Confusion and calibration by hand."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboard.scoring.details import calibration, confusion


def test_confusion_has_the_true_class_down() -> None:
    counts = confusion(np.array([0, 0, 1, 2], np.int16), np.array([0, 1, 1, 0], np.int16), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_calibration_by_hand() -> None:
    truth = np.array([0, 1])
    result = calibration(truth, np.array([[0.8, 0.2], [0.6, 0.4]]))
    assert result.nll == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)
    assert result.brier == pytest.approx((2 * 0.2**2 + 2 * 0.6**2) / 2)
    # Two bins of one row each: |1 - 0.8| and |0 - 0.6|.
    assert result.ece == pytest.approx((0.2 + 0.6) / 2)


def test_calibrated_predictions_have_little_error_and_overconfident_ones_much() -> None:
    generator = np.random.default_rng(0)
    values = generator.dirichlet(np.ones(10), 20_000)
    truth = (values.cumsum(axis=1) > generator.random((20_000, 1))).argmax(axis=1)
    assert calibration(truth, values).ece < 0.015
    sharp = values**4 / (values**4).sum(axis=1, keepdims=True)
    assert calibration(truth, sharp).ece > 0.2


def ece_by_guo(truth: np.ndarray, probabilities: np.ndarray, bins: int) -> float:
    """Equation 3 of Guo et al. (2017), interval by interval: bin m holds confidences in ((m - 1)/M, m/M]."""
    total = 0.0
    for m in range(1, bins + 1):
        rows = [i for i, p in enumerate(probabilities) if (m - 1) / bins < max(p) <= m / bins]
        if rows:
            right = np.mean([np.argmax(probabilities[i]) == truth[i] for i in rows])
            confidence = np.mean([max(probabilities[i]) for i in rows])
            total += len(rows) / len(truth) * abs(right - confidence)
    return total


@pytest.mark.parametrize(("bins", "classes"), [(1, 4), (4, 4), (15, 4), (4, 10), (3, 10)])
def test_the_calibration_error_is_guos(bins: int, classes: int) -> None:
    """Ten classes and few bins put rows into the first and the second bin too."""
    generator = np.random.default_rng(bins)
    values = generator.dirichlet(np.ones(classes) * 3, 400)
    truth = np.where(generator.random(400) < 0.3, values.argmax(axis=1), generator.integers(0, classes, 400))
    truth[values.max(axis=1) < 1 / bins] = values.argmax(axis=1)[values.max(axis=1) < 1 / bins]
    assert calibration(truth, values, bins).ece == pytest.approx(ece_by_guo(truth, values, bins), abs=1e-12)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below() -> None:
    """With four bins, 0.5 lies in (0.25, 0.5] and 0.75 in (0.5, 0.75]: three bins with 0.875."""
    values = np.array([[0.5, 0.3, 0.2], [0.75, 0.25, 0.0], [0.875, 0.125, 0.0]])
    truth = np.array([0, 1, 0])
    # Right at 0.875 would make up for wrong at 0.75 if they shared a bin.
    expected = (abs(1 - 0.5) + abs(0 - 0.75) + abs(1 - 0.875)) / 3
    assert calibration(truth, values, 4).ece == pytest.approx(expected)
    assert calibration(truth, values, 4).ece == pytest.approx(ece_by_guo(truth, values, 4))
    # The default is fifteen bins.
    many = np.random.default_rng(3).dirichlet(np.ones(3), 300)
    truth = np.random.default_rng(4).integers(0, 3, 300)
    assert calibration(truth, many).ece == pytest.approx(ece_by_guo(truth, many, 15))


def test_an_impossible_class_costs_a_finite_loss() -> None:
    assert calibration(np.array([1]), np.array([[1.0, 0.0]])).nll == pytest.approx(-np.log(1e-15))
