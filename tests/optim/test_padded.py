"""Muon's iteration on padded stacks against the same by numpy's singular values, one matrix at a time."""

import numpy as np
import pytest
import torch

from pipeline.core.duration import Run
from pipeline.models import registry
from pipeline.models.settings import ModelConfig
from pipeline.optim.build import optimizer_and_schedule
from pipeline.optim.config import OptimConfig
from pipeline.optim.muon import orthogonalise
from pipeline.optim.padded import MOST, orthogonalise_padded, size, stacks
from tests.optim.test_muon import matrix, polar

# Wide, tall, square, of one row; filters and matrices.
SHAPES = [(8, 3, 3, 3), (27, 8), (16, 16), (1, 9), (8, 4, 3, 3), (50, 2, 2, 2), (16, 17)]


def tensors(dtype=torch.float64):
    """One of each shape, filters in channels_last memory format."""
    found = [matrix(shape, seed).to(dtype) for seed, shape in enumerate(SHAPES)]
    return [x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x for x in found]


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_each_is_as_alone(steps):
    given = tensors()
    for result, x in zip(orthogonalise_padded(given, steps, torch.float64), given, strict=True):
        flat = x.reshape(len(x), -1)
        assert result.shape == x.shape
        np.testing.assert_allclose(result.reshape(len(x), -1).numpy(), polar(flat.numpy(), steps), atol=1e-6)
        torch.testing.assert_close(result.reshape(len(x), -1), orthogonalise(flat, steps), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("scale", [1e-3, 1, 5000])
def test_16_bits_stay_finite_and_give_two_digits(dtype, scale):
    given = [scale * x for x in tensors(torch.float32)]
    before = [x.clone() for x in given]
    for result, x, kept in zip(orthogonalise_padded(given, 3, dtype), given, before, strict=True):
        assert result.dtype == dtype
        assert torch.equal(x, kept)
        flat = x.double().reshape(len(x), -1).numpy()
        np.testing.assert_allclose(result.double().reshape(len(x), -1).numpy(), polar(flat), atol=0.03)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_zeros_among_others_stay_zero(dtype):
    zero, other = orthogonalise_padded([torch.zeros(4, 9), torch.ones(3, 9)], 3, dtype)
    assert zero.abs().max() == 0
    assert other.isfinite().all()


def test_a_ten_millionth_is_added_to_the_norm():
    half = 3.4445 / 2 - 4.7750 / 8 + 2.0315 / 32
    (result,) = orthogonalise_padded([torch.tensor([[1e-7]], dtype=torch.float64)], 1, torch.float64)
    assert result.item() == pytest.approx(half)


def test_a_matrix_is_not_tall():
    assert [size(torch.zeros(shape)) for shape in ((8, 3, 3, 3), (27, 8), (5, 5))] == [(8, 27), (8, 27), (5, 5)]


def test_no_stack_has_more_than_twice_its_elements():
    draw = np.random.default_rng(0)
    for _ in range(200):
        sizes = [tuple(sorted(map(int, draw.integers(1, 400, 2)))) for _ in range(draw.integers(1, 12))]
        found = stacks(sizes)
        assert sorted(place for places in found for place in places) == list(range(len(sizes)))
        for places in found:
            rows, columns = (max(sizes[place][axis] for place in places) for axis in (0, 1))
            real = sum(sizes[place][0] * sizes[place][1] for place in places)
            assert len(places) * rows * columns <= MOST * real


def test_many_small_matrices_are_not_stacked_with_a_large_one():
    assert stacks([(4, 9), (4, 9), (256, 2304), (4, 9), (8, 9)]) == [[2, 4], [0, 1, 3]]


def test_the_filters_of_the_fast_recipe_are_one_stack():
    network = registry.build(ModelConfig(name="whitened"), 10)
    optimizer, _ = optimizer_and_schedule(network, OptimConfig(), Run(batch_size=10, steps_per_epoch=5, total_steps=5))
    filters = optimizer.param_groups[-1]["params"]
    assert len(filters) == 6
    assert len(stacks([size(x) for x in filters])) == 1
