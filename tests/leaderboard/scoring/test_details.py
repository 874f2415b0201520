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
