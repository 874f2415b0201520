"""The public/private split: drawn once, stratified by class, from a seed that only the tutor knows."""

from __future__ import annotations

import numpy as np

from leaderboard.scoring.solution import IGNORED, PRIVATE, PUBLIC


def stratified_usage(truth: np.ndarray, public: float, seed: int) -> np.ndarray:
    """Usage (uint8) of each row: a share `public` (0 to 1) of every class is public; truth -1 is ignored.

    In all, round(public * rows) rows are public. Each class gets its quota rounded down; the remaining rows go to the
    classes with the largest remainders (Hamilton's method).
    """
    usage = np.full(len(truth), IGNORED, np.uint8)
    generator = np.random.default_rng(seed)
    classes, counts = np.unique(truth[truth >= 0], return_counts=True)
    quota = counts * public
    take = np.floor(quota).astype(int)
    spare = round(public * counts.sum()) - take.sum()
    take[np.argsort(take - quota, kind="stable")[:spare]] += 1
    for code, count in zip(classes, take, strict=True):
        rows = generator.permutation(np.flatnonzero(truth == code))
        usage[rows[:count]] = PUBLIC
        usage[rows[count:]] = PRIVATE
    return usage
