"""Simulated labels, submissions and time, for demonstrations and rehearsals."""

from __future__ import annotations

import numpy as np

from leaderboard.submission.expected import CIFAR10

DAY = 86_400_000_000
# The share of the difficulty that depends on the image and not on chance, and how often a wrong prediction is the
# image's most common one: independently trained networks share about a third of their errors.
SHARED, USUAL = 0.45, 0.6


class ManualClock:
    """A clock that always shows the time `at` that was set, in microseconds since 1970."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


class Images:
    """Random labels, with a difficulty and a most common wrong class for each image."""

    def __init__(self, rows: int, generator: np.random.Generator) -> None:
        self.truth = generator.integers(0, len(CIFAR10), rows)
        self._difficulty = generator.random(rows)
        self._mistaken_for = (self.truth + generator.integers(1, len(CIFAR10), rows)) % len(CIFAR10)

    def predictions(self, accuracy: float, generator: np.random.Generator) -> np.ndarray:
        """Class codes (int64, one per image) of this accuracy (0 to 1), with errors where images are hard."""
        rows = len(self.truth)
        effort = SHARED * self._difficulty + (1 - SHARED) * generator.random(rows)
        right = effort <= np.quantile(effort, accuracy)
        other = (self.truth + generator.integers(1, len(CIFAR10), rows)) % len(CIFAR10)
        wrong = np.where(generator.random(rows) < USUAL, self._mistaken_for, other)
        return np.where(right, self.truth, wrong)


def labels_csv(codes: np.ndarray) -> bytes:
    """A solution or a submission: `id,label`, ids from 1."""
    return ("id,label\n" + "".join(f"{i},{CIFAR10[code]}\n" for i, code in enumerate(codes, 1))).encode()
