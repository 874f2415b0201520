"""Winograd's convolution, with and without pooling, against torch's operations, which compute them directly."""

import pytest
import torch
import torch.nn.functional as F

from pipeline.kernels.winograd import (
    conv,
    conv_max_pool,
    differences,
    differences_adjoint,
    filter_tiles,
    filter_tiles_adjoint,
    input_tiles,
    input_tiles_adjoint,
    output_windows,
    output_windows_adjoint,
)

SIZES = [(7, 7), (5, 5), (2, 2), (3, 2), (4, 6), (6, 5), (12, 9)]


def numbers(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def direct(images, weight):
    return F.max_pool2d(F.conv2d(images, weight, padding=1), 2)


def assert_same(got, expected, images, weight):
    """The same values and the same gradients of images and weight."""
    gradient = numbers(*expected.shape, seed=2)
    ours, theirs = ((y, *torch.autograd.grad(y, (images, weight), gradient)) for y in (got, expected))
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", SIZES)
def test_values_and_both_gradients_are_those_of_convolution_and_pooling(size, memory):
    images = numbers(3, 5, *size).to(memory_format=memory).requires_grad_()
    weight = numbers(4, 5, 3, 3, seed=1).to(memory_format=memory).requires_grad_()
    got, expected = conv_max_pool(images, weight), direct(images, weight)
    assert_same(got, expected, images, weight)


@pytest.mark.parametrize("size", [*SIZES, (1, 1), (1, 4)])
def test_without_pooling_values_and_both_gradients_are_those_of_convolution(size):
    images, weight = numbers(3, 5, *size).requires_grad_(), numbers(4, 5, 3, 3, seed=1).requires_grad_()
    got, expected = conv(images, weight), F.conv2d(images, weight, padding=1)
    assert_same(got, expected, images, weight)


def test_gradients_against_finite_differences():
    images, weight = numbers(2, 3, 5, 4).requires_grad_(), numbers(2, 3, 3, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(conv_max_pool, (images, weight))


def test_among_equal_outputs_the_first_takes_the_gradient_as_in_torch():
    images, weight = torch.zeros(1, 1, 4, 4, requires_grad=True), torch.zeros(1, 1, 3, 3)
    weight[0, 0, 1, 1] = 1
    gradient = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    ours, theirs = (
        torch.autograd.grad(function(images, weight), images, gradient)[0] for function in (conv_max_pool, direct)
    )
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("needs_images", "needs_weight"), [(True, False), (False, True)])
def test_a_gradient_that_nobody_asks_for_is_not_computed(needs_images, needs_weight):
    images = numbers(2, 3, 4, 4).requires_grad_(needs_images)
    weight = numbers(2, 3, 3, 3, seed=1).requires_grad_(needs_weight)
    conv_max_pool(images, weight).sum().backward()
    assert (images.grad is not None, weight.grad is not None) == (needs_images, needs_weight)


def with_gradients(function, images, weight):
    """Values, and the gradients of their squares' sum."""
    images, weight = images.clone().requires_grad_(), weight.clone().requires_grad_()
    pooled = function(images, weight)
    return pooled, *torch.autograd.grad(pooled.to(weight.dtype).pow(2).sum(), (images, weight))


def test_under_autocast_it_is_about_as_exact_as_torchs_bfloat16():
    images, weight = numbers(8, 32, 7, 7), numbers(16, 32, 3, 3, seed=1)
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = (with_gradients(f, images.float(), weight.float()) for f in (conv_max_pool, direct))
    assert [part.dtype for part in ours] == [torch.bfloat16, torch.float32, torch.float32]
    for a, b, exact in zip(ours, theirs, with_gradients(direct, images, weight), strict=True):
        # The gradients' difference is mostly that two outputs of a window, nearly equal, change places.
        assert (a - exact).norm() < 4 * (b - exact).norm() < 0.4 * exact.norm()


@pytest.mark.parametrize("size", SIZES)
def test_images_are_taken_apart_by_a_map_and_put_together_by_its_transpose(size):
    images = numbers(2, *size, 3)
    tiles = input_tiles(images, size[0] // 2, size[1] // 2)
    other = numbers(*tiles.shape, seed=1)
    torch.testing.assert_close((tiles * other).sum(), (images * input_tiles_adjoint(other, *size)).sum())


def test_each_smaller_map_has_its_transpose_beside_it():
    for whole, adjoint, shape in (
        (lambda x: differences(x, 1), lambda x: differences_adjoint(x, 1), (2, 8, 3)),
        (lambda x: torch.stack(output_windows(x)), output_windows_adjoint, (4, 4, 3, 2)),
        (filter_tiles, filter_tiles_adjoint, (4, 5, 3, 3)),
    ):
        x = numbers(*shape)
        y = numbers(*whole(x).shape, seed=1)
        torch.testing.assert_close((whole(x) * y).sum(), (x * adjoint(y)).sum())
