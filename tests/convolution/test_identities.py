"""Every identity holds in both precisions, and every mistake is seen."""

import functools

import pytest
import torch

from pipeline import convolution as C
from pipeline.convolution import functional, identities, statements
from pipeline.convolution.grid import Draw, half_turn, layers

verified = functools.cache(C.verify_identities)


@pytest.mark.parametrize(
    ("dtype", "seed", "bound"), [(torch.float64, 0, 1e-12), (torch.float64, 1, 1e-12), (torch.float32, 0, 1e-5)]
)
def test_identities_hold_and_mistakes_are_seen(dtype, bound, seed):
    rows = verified(dtype, seed=seed)
    assert len(rows) >= 25
    for row in rows:
        assert row.error <= bound, row
        assert row.wrong_error >= 0.01, row
        assert row.holds


def test_a_broken_identity_is_told():
    sides = [((torch.ones(2), torch.ones(2) + 1e-3), (torch.ones(2), torch.zeros(2) + 2))]
    assert not identities._measure("", "", iter(sides), torch.float32).holds
    blind = [((torch.ones(2), torch.ones(2)), (torch.ones(2), torch.ones(2)))]
    assert not identities._measure("", "", iter(blind), torch.float32).holds


def test_the_grid_has_every_combination():
    seen = {
        (w.ndim - 2, o["stride"], o["dilation"], o["groups"], o["padding_mode"], w.shape[-1] % 2)
        for _, w, o in layers(Draw(torch.float32, "cpu", 0))
    }
    for dims in (1, 2):
        assert len([case for case in seen if case[0] == dims]) == 2 * 2 * 2 * 4 * 2
    assert len([case for case in seen if case[0] == 3]) == 2 * 2 * 2 * 4


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_error_that_is_not_finite_fails(value):
    good, wrong = (torch.ones(2), torch.ones(2)), (torch.ones(2), torch.zeros(2) + 2)
    broken = (torch.tensor([1.0, value]), torch.ones(2))
    row = identities._measure("", "", iter([(good, wrong), (broken, wrong)]), torch.float32)
    assert row.error == float("inf")
    assert not row.holds
    assert not identities._measure("", "", iter([(good, wrong), (good, broken)]), torch.float32).holds


def test_every_statement_follows_the_seed():
    for first, second in zip(*(verified(torch.float64, seed=seed) for seed in (0, 1)), strict=True):
        assert first.wrong_error != second.wrong_error, first.name


OF_THE_FLIP = (
    "layers: convolution(w) = cross-correlation(flip w)",
    "symmetric kernel: both operators agree",
    "a network = the other's with every kernel flipped",
)


@pytest.mark.parametrize("mistaken", [lambda w: w.flip(-1), lambda w: w], ids=["last axis alone", "none"])
def test_a_wrong_flip_is_exposed(monkeypatch, mistaken):
    for module in (functional, statements):
        monkeypatch.setattr(module, "flip", mistaken)
    found = {
        name: identities._measure(name, wrong, check(Draw(torch.float64, "cpu", 0)), torch.float64).holds
        for name, wrong, check in statements.statement
        if name in OF_THE_FLIP
    }
    assert found == dict.fromkeys(OF_THE_FLIP, False)


def test_half_turn_is_numpys():
    w = torch.randn(2, 3, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(half_turn(w), torch.from_numpy(w.numpy()[:, :, ::-1, ::-1, ::-1].copy()))
