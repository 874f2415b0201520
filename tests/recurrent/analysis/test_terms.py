"""Sums along the diagonals of a (t, k) matrix."""

import torch

from pipeline.recurrent.analysis.terms import LagCurve


def test_lags_below_zero_appear_only_where_terms_are():
    lower = torch.tensor([[1.0, 0.0], [2.0, 3.0]])
    curve = LagCurve.of(lower, lower / 6)
    assert curve.lags.tolist() == [0, 1]
    assert curve.norms.tolist() == [4, 2]
    dense = LagCurve.of(lower + torch.tensor([[0.0, 5.0], [0.0, 0.0]]), lower)
    assert dense.lags.tolist() == [-1, 0, 1]
    assert dense.norms.tolist() == [5, 4, 2]
