"""Paired comparison of two entries on the same rows: the Ladder rule and McNemar's test."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np


def pack(hits: np.ndarray) -> bytes:
    """One bool per row, eight to a byte."""
    return np.packbits(hits).tobytes()


def unpack(data: bytes, rows: int) -> np.ndarray:
    """The bools back."""
    return np.unpackbits(np.frombuffer(data, np.uint8), count=rows).astype(bool)


def discordant(a: bytes, b: bytes) -> tuple[int, int]:
    """Rows that only a has right, rows that only b has right; both packed, of equal length."""
    x, y = np.frombuffer(a, np.uint8), np.frombuffer(b, np.uint8)
    return int(np.bitwise_count(x & ~y).sum()), int(np.bitwise_count(y & ~x).sum())


def beats(new: bytes, best: bytes, rows: int) -> bool:
    """Parameter-free Ladder (Blum and Hardt 2015, arXiv 1502.04585, figure 2).

    True when the gain in mean hits exceeds the standard error of the paired difference, s / sqrt(rows), with s the
    sample standard deviation of the row-wise differences (-1, 0 or 1).
    """
    gained, lost = discordant(new, best)
    mean = (gained - lost) / rows
    variance = ((gained + lost) - rows * mean * mean) / max(1, rows - 1)
    return mean > math.sqrt(variance / rows)


@lru_cache(maxsize=100_000)
def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p-value that two entries have the same accuracy (McNemar 1947): binomial, share 1/2.

    Computed in logarithms, so that thousands of discordant rows do not underflow.
    """
    total, low = only_a + only_b, min(only_a, only_b)
    if only_a == only_b:
        return 1.0
    k = np.arange(1, low + 1)
    log_terms = np.concatenate(([0.0], np.cumsum(np.log((total - k + 1) / k)))) - total * math.log(2)
    top = float(log_terms.max())
    return min(1.0, 2 * math.exp(top) * float(np.exp(log_terms - top).sum()))
