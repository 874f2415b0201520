"""Ensembles: the mean of class probabilities, and greedy weights chosen on held-out images."""

from collections.abc import Sequence

import numpy as np

# Rounds of selection; weights are multiples of at least one part in this many.
ROUNDS = 50


def mean(tables: Sequence[np.ndarray], weights: np.ndarray | None = None) -> np.ndarray:
    """The weighted mean, float32 N x classes, of probabilities N x classes; equal weights by default."""
    weights = np.full(len(tables), 1 / len(tables)) if weights is None else weights
    total = np.zeros(tables[0].shape, dtype=np.float64)
    for table, weight in zip(tables, weights, strict=True):
        if weight:
            total += weight * table
    return total.astype(np.float32)


def accuracy(table: np.ndarray, labels: np.ndarray) -> float:
    """The share of images whose largest probability is the label's."""
    return float(np.mean(table.argmax(1) == labels))


def greedy_weights(tables: Sequence[np.ndarray], labels: np.ndarray, rounds: int = ROUNDS) -> np.ndarray:
    """Weights of K members, float64, summing to 1, by forward selection with replacement (Caruana et al. 2004).

    Each round adds the member with which the mean makes the fewest mistakes, or among equals has the smallest log loss;
    the weights are those of the best round, the earliest of equals. `tables` are the members' probabilities
    N x classes on N held-out images with these labels, so the accuracy on these images is biased upwards.
    """
    counts, best = np.zeros(len(tables)), None
    total = np.zeros(tables[0].shape)
    for _ in range(rounds):
        losses = [_loss(total + table, labels) for table in tables]
        chosen = min(range(len(tables)), key=losses.__getitem__)
        counts[chosen] += 1
        total += tables[chosen]
        if best is None or losses[chosen] < best[0]:
            best = losses[chosen], counts / counts.sum()
    return best[1]


def _loss(total: np.ndarray, labels: np.ndarray) -> tuple[int, float]:
    """Mistakes and mean log loss of unnormalised probabilities."""
    own = total[np.arange(len(labels)), labels]
    mistakes = int(np.count_nonzero(total.argmax(1) != labels))
    # Rounded, so that the order of summation does not decide between equals.
    return mistakes, round(float(-np.log(np.maximum(own / total.sum(1), 1e-12)).mean()), 12)
