"""Which training images are held out for validation: stratified by class, and the same for the same seed."""

from typing import NamedTuple

import numpy as np

from pipeline.core.errors import UserError


class Split(NamedTuple):
    """Two sorted int64 arrays of indices: disjoint, together all training images."""

    training: np.ndarray
    held_out: np.ndarray


def split(labels: np.ndarray, size: int, seed: int, fold: int = 0, folds: int | None = None) -> Split:
    """Split the training set into a part to train on and a part to validate on.

    Args:
        labels: integers, N.
        size: images to hold out, 0 to N; the classes' counts differ by at most one. Not used with `folds`.
        seed: chooses the images.
        fold: which of the folds to hold out, 0 to folds - 1.
        folds: hold out one of this many disjoint folds that cover everything, instead of `size` images; the counts
            of a class in two folds differ by at most one, and so do the folds' sizes.

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
    # Dealt like cards, class after class without starting anew: so the folds' sizes are even as well.
    return np.concatenate(_shuffled_classes(labels, generator))[fold::folds]


def _shuffled_classes(labels: np.ndarray, generator: np.random.Generator) -> list[np.ndarray]:
    return [generator.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
