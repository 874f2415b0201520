"""Splits: even classes, disjoint, repeatable, folds that cover everything."""

import numpy as np
import pytest

from pipeline.core.errors import UserError
from pipeline.data.splits import split

LABELS = np.random.Generator(np.random.PCG64(1)).permutation(np.repeat(np.arange(10), 50))


@pytest.mark.parametrize("size", [0, 1, 7, 50, 123, 500])
def test_a_split_is_disjoint_complete_and_even(size):
    train, validation = split(LABELS, size, seed=3)
    assert len(validation) == size
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(500))
    counts = np.bincount(LABELS[validation], minlength=10)
    assert counts.max() - counts.min() <= 1


def test_the_seed_alone_chooses_the_images():
    first, again, other = (split(LABELS, 100, seed)[1] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_folds_are_disjoint_cover_everything_and_are_even(folds):
    parts = [split(LABELS, 0, seed=3, fold=fold, folds=folds)[1] for fold in range(folds)]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(500))
    counts = np.array([np.bincount(LABELS[part], minlength=10) for part in parts])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_the_rest_of_a_fold_is_its_training_set():
    train, validation = split(LABELS, 0, seed=3, fold=1, folds=5)
    assert len(train) == 400
    assert not set(train) & set(validation)


@pytest.mark.parametrize("size", [-1, 501, 1000])
def test_a_size_that_the_classes_cannot_give_is_refused(size):
    with pytest.raises(UserError, match=rf"data\.validation is {size}.*allowed: 0 to 500"):
        split(LABELS, size, seed=0)


@pytest.mark.parametrize(("fold", "folds"), [(5, 5), (-1, 5), (0, 1), (0, 501)])
def test_a_fold_that_does_not_exist_is_refused(fold, folds):
    with pytest.raises(UserError, match=f"fold {fold} of {folds}"):
        split(LABELS, 0, seed=0, fold=fold, folds=folds)


def test_there_may_be_as_many_folds_as_images():
    held_out = [split(LABELS, 0, seed=0, fold=fold, folds=500).held_out for fold in (0, 499)]
    assert [len(part) for part in held_out] == [1, 1]
