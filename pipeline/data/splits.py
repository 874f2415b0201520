"""Which training images are held out for validation: stratified by class, and fixed by a seed."""

from typing import NamedTuple

import numpy as np

from pipeline.core.errors import UserError


class Split(NamedTuple):
    """Two sorted, disjoint int64 arrays of indices that together cover all training images."""

    training: np.ndarray
    held_out: np.ndarray


def split(labels: np.ndarray, size: int, seed: int, fold: int = 0, folds: int | None = None) -> Split:
    """Split the training set into a part for training and a part for validation.

    Args:
        labels: integers, N.
        size: number of images to hold out, 0 to N; counts per class differ by at most one. Unused with `folds`.
        seed: determines which images.
        fold: which of the folds to hold out, 0 to folds - 1.
        folds: hold out one of this many disjoint folds, which cover everything, instead of `size` images; the counts
            of a class in two folds differ by at most one, as do the sizes of the folds.

    Raises:
        UserError: a class has too few images for the size, or the fold does not exist.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    held_out = _hold_out(labels, size, generator) if folds is None else _hold_fold(labels, fold, folds, generator)
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[held_out] = True
    return Split(np.flatnonzero(~chosen), np.flatnonzero(chosen))


def _hold_out(labels: np.ndarray, size: int, generator: np.random.Generator) -> np.ndarray:
    members = _shuffled_classes(labels, generator)
    share, rest = divmod(size, len(members))
    quotas = np.full(len(members), share)
    quotas[generator.permutation(len(members))[:rest]] += 1
    smallest = min(map(len, members))
    if size < 0 or quotas.max() > smallest:
        raise UserError(
            f"data.validation is {size}, but the smallest class has {smallest} training images; "
            f"allowed: 0 to {smallest * len(members)}"
        )
    return np.concatenate([indices[:quota] for indices, quota in zip(members, quotas, strict=True)])


def _hold_fold(labels: np.ndarray, fold: int, folds: int, generator: np.random.Generator) -> np.ndarray:
    if not 2 <= folds <= len(labels) or not 0 <= fold < folds:
        raise UserError(f"fold {fold} of {folds} does not exist; allowed: 2 to {len(labels)} folds, counted from 0")
    # Dealt like cards, class after class without starting over, so that the folds are of even size too.
    return np.concatenate(_shuffled_classes(labels, generator))[fold::folds]


def _shuffled_classes(labels: np.ndarray, generator: np.random.Generator) -> list[np.ndarray]:
    return [generator.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
