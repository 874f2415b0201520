"""Means and greedy weights against explicit loops and cases whose answer is known."""

import math

import numpy as np
import pytest
from scipy.special import softmax

from pipeline.prediction.ensemble import accuracy, greedy_weights, mean

DRAW = np.random.Generator(np.random.PCG64(0))
LABELS = DRAW.integers(0, 4, 60)


def member(skill):
    """Probabilities 60 x 4 that know the labels more or less."""
    return softmax(DRAW.normal(size=(60, 4)) + skill * np.eye(4)[LABELS], axis=1).astype(np.float32)


MEMBERS = [member(skill) for skill in (0.5, 1.0, 1.2, 0.1)]


def test_the_mean_is_numpys():
    np.testing.assert_allclose(mean(MEMBERS), np.mean(np.stack(MEMBERS).astype(float), 0), atol=1e-7)
    weights = np.array([0.1, 0.2, 0.7, 0])
    np.testing.assert_allclose(mean(MEMBERS, weights), np.average(MEMBERS, axis=0, weights=weights), atol=1e-7)
    assert mean(MEMBERS).dtype == np.float32
    assert not np.allclose(mean(MEMBERS), mean(MEMBERS, weights), atol=1e-3)


def test_accuracy_counts():
    assert accuracy(np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]]), np.array([0, 1, 1])) == 2 / 3


def loops(tables, labels, rounds):
    """Caruana's selection with Python's own numbers, an image at a time."""
    bag, history = [], []
    for _ in range(rounds):
        scored = []
        for index in range(len(tables)):
            chosen = [tables[i] for i in (*bag, index)]
            wrong, loss = 0, 0.0
            for row, label in enumerate(labels):
                average = [math.fsum(float(t[row][c]) for t in chosen) / len(chosen) for c in range(4)]
                wrong += max(range(4), key=average.__getitem__) != label
                loss -= math.log(average[label])
            scored.append((wrong, loss, index))
        bag.append(min(scored)[2])
        history.append((*min(scored)[:2], list(bag)))
    best = min(history)[2]
    return [best.count(index) / len(best) for index in range(len(tables))]


def test_greedy_weights_are_the_explicit_loops():
    weights = greedy_weights(MEMBERS, LABELS, rounds=8)
    np.testing.assert_allclose(weights, loops(MEMBERS, LABELS, 8))
    assert 0 < np.count_nonzero(weights) < 4 or weights.max() < 1  # the case is not a trivial one
    assert weights.sum() == pytest.approx(1)


def test_greedy_is_never_worse_than_its_best_member_on_the_images_that_chose_it():
    chosen = accuracy(mean(MEMBERS, greedy_weights(MEMBERS, LABELS)), LABELS)
    assert chosen >= max(accuracy(table, LABELS) for table in MEMBERS)


def test_two_halves_are_joined_and_noise_is_left_out():
    one, other = np.full((60, 4), 0.25), np.full((60, 4), 0.25)
    one[:30] = 0.1 + 0.6 * np.eye(4)[LABELS[:30]]
    other[30:] = 0.1 + 0.6 * np.eye(4)[LABELS[30:]]
    wrong = 0.1 + 0.6 * np.eye(4)[(LABELS + 1) % 4]
    np.testing.assert_allclose(greedy_weights([wrong, one, other], LABELS), [0, 0.5, 0.5])
