"""Singular values by QR along a product against those of the product, where it can be multiplied out."""

import pytest
import torch

from pipeline.recurrent.analysis.singular_values import sweep_singular_values
from pipeline.recurrent.passes.trajectory import trace


@pytest.mark.parametrize("every", [1, 2, 7])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_they_are_those_of_the_product(make, draw, every, count):
    linear = trace(make("rnn_tanh"), draw(6, 1, 4)).direction().linearization
    product = torch.eye(5, dtype=torch.float64)
    for step in range(1, 6):
        product = linear.jacobian(step) @ product
    found = sweep_singular_values(linear, range(1, 6), 5, count, 1e-12, 2000, every)
    assert found.converged
    assert found.resolved
    torch.testing.assert_close(found.log_values, torch.linalg.svdvals(product)[:count].log(), atol=1e-9, rtol=0)


def test_too_few_sweeps_have_not_converged(make, draw):
    linear = trace(make("gru"), draw(6, 1, 4)).direction().linearization
    found = sweep_singular_values(linear, range(1, 6), 5, 5, 1e-12, 2)
    assert not found.converged
    assert found.sweeps == 2


def test_an_empty_product_is_the_identity(make, draw):
    linear = trace(make("gru"), draw(6, 1, 4)).direction().linearization
    found = sweep_singular_values(linear, range(3, 3), 5, 4, 1e-12, 9)
    assert found.converged
    assert found.log_values.tolist() == [0, 0, 0, 0]
