"""Learning-rate factors against closed forms and torch's schedulers."""

import math

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR

from pipeline.optim.schedule import factor


def of_torch(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, rates = make(optimizer), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def ours(*args, steps, **options):
    return [factor(*args, **options)(step) for step in range(steps)]


@pytest.mark.parametrize("floor", [0.0, 0.07])
def test_cosine_is_torchs(floor):
    expected = of_torch(lambda o: CosineAnnealingLR(o, T_max=40, eta_min=floor), 41)
    np.testing.assert_allclose(ours("cosine", 40, floor=floor, steps=41), expected, atol=1e-12)


@pytest.mark.parametrize("floor", [0.0, 0.07])
def test_linear_is_torchs(floor):
    expected = of_torch(lambda o: LinearLR(o, 1.0, floor, total_iters=40), 50)
    np.testing.assert_allclose(ours("linear", 40, floor=floor, steps=50), expected, atol=1e-12)


def test_the_warm_up_rises_in_equal_steps_and_the_rate_never_jumps():
    rates = ours("linear", 100, 9, 0.1, steps=101)
    np.testing.assert_allclose(rates[:10], np.arange(1, 11) / 10)
    np.testing.assert_allclose(rates[9:], np.linspace(1, 0.1, 92))
    assert max(np.abs(np.diff(rates))) < 0.11


def test_constant_stays_and_past_the_end_there_is_the_floor():
    assert ours("constant", 5, 2, 0.3, steps=4)[2:] == [1.0, 1.0]
    assert factor("linear", 5, floor=0.3)(17) == pytest.approx(0.3)
    assert factor("cosine", 5, floor=0.3)(17) == pytest.approx(0.3)
    assert factor("cosine", 8)(2) == pytest.approx(0.5 + 0.5 * math.cos(math.pi / 4))


def test_linear_and_cosine_differ():
    assert not np.allclose(ours("linear", 40, steps=41), ours("cosine", 40, steps=41))


def test_the_last_step_of_a_warm_up_may_be_the_last_but_one_of_the_run():
    assert [factor("linear", 5, 4)(step) for step in range(3, 7)] == pytest.approx([0.8, 1.0, 0.0, 0.0])


def test_a_shape_begins_at_the_first_step_after_the_warm_up():
    """One that does not begin at the peak is taken as it is."""
    at = factor(lambda progress: 0.5, 10, 2)
    assert [at(step) for step in range(4)] == pytest.approx([1 / 3, 2 / 3, 0.5, 0.5])
