"""Every identity holds in both precisions, and every mistake is seen."""

import pytest
import torch

from pipeline import convolution as C
from pipeline.convolution import identities
from pipeline.convolution.grid import Draw, layers


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@pytest.mark.parametrize("seed", [0, 1])
def test_identities_hold_and_mistakes_are_seen(dtype, bound, seed):
    rows = C.verify_identities(dtype, seed=seed)
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
