"""Paired comparison of two entries on the same rows: the Ladder rule and McNemar's test."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np


def pack(hits: np.ndarray) -> bytes:
    """Pack bools (one per row) into bits, eight per byte."""
    return np.packbits(hits).tobytes()


def unpack(data: bytes, rows: int) -> np.ndarray:
    """The `rows` bools of a packed array."""
    return np.unpackbits(np.frombuffer(data, np.uint8), count=rows).astype(bool)


def discordant(a: bytes, b: bytes) -> tuple[int, int]:
    """The number of rows that only `a` has right, and that only `b` has right; both packed, of equal length."""
    x, y = np.frombuffer(a, np.uint8), np.frombuffer(b, np.uint8)
    return int(np.bitwise_count(x & ~y).sum()), int(np.bitwise_count(y & ~x).sum())


def beats(new: bytes, best: bytes, rows: int) -> bool:
    """Parameter-free Ladder (Blum and Hardt 2015, arXiv 1502.04585, figure 2).

    Whether the gain in accuracy is larger than the standard error of the paired difference, s / sqrt(rows), where s
    is the sample standard deviation of the differences per row (-1, 0 or 1). The arguments are packed hits.
    """
    gained, lost = discordant(new, best)
    mean = (gained - lost) / rows
    variance = ((gained + lost) - rows * mean * mean) / max(1, rows - 1)
    return mean > math.sqrt(variance / rows)


@lru_cache(maxsize=100_000)
def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p-value of McNemar's test (1947) that two entries have the same accuracy.

    The arguments are the counts of `discordant`; the distribution is binomial with probability 1/2. The sum is
    computed in logarithms, so that thousands of discordant rows do not underflow.
    """
    total, low = only_a + only_b, min(only_a, only_b)
    if only_a == only_b:
        return 1.0
    k = np.arange(1, low + 1)
    log_terms = np.concatenate(([0.0], np.cumsum(np.log((total - k + 1) / k)))) - total * math.log(2)
    top = float(log_terms.max())
    return min(1.0, 2 * math.exp(top) * float(np.exp(log_terms - top).sum()))
