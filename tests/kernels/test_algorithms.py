"""Every algorithm against torch's convolution in float64, and its rounding beside that of oneDNN's bfloat16."""

import pytest
import torch
import torch.nn.functional as F

from pipeline.kernels import dense, gathered, side_by_side
from pipeline.kernels.algorithms import TORCH, Shape, algorithm, algorithm_names
from pipeline.kernels.convolution import convolve

SIZES = [(1, 1), (2, 2), (3, 3), (2, 3), (5, 5), (7, 7), (8, 6)]
BOTH = (torch.bfloat16, torch.float32)


def numbers(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def direct(shape, images, weight):
    outputs = F.conv2d(images, weight, padding=1)
    return F.max_pool2d(outputs, 2) if shape.pooled else outputs


def results(function, images, weight):
    """Outputs and both gradients, under a fixed random gradient of the outputs."""
    images, weight = images.clone().requires_grad_(), weight.clone().requires_grad_()
    outputs = function(images, weight)
    gradient = numbers(*outputs.shape, seed=2).to(outputs.dtype)
    return outputs, *torch.autograd.grad(outputs, (images, weight), gradient)


def named():
    for pooled in (False, True):
        for height, width in SIZES:
            shape = Shape(5, 4, height, width, pooled)
            for name in dict.fromkeys(name for dtype in BOTH for name in algorithm_names(shape, dtype)):
                if name != TORCH:
                    yield pytest.param(shape, name, id=f"{height}x{width} {'pooled ' if pooled else ''}{name}")


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("shape", "name"), list(named()))
def test_every_algorithm_computes_torchs_outputs_and_gradients(shape, name, memory):
    one = algorithm(name)
    images = numbers(11, shape.inputs, shape.height, shape.width).to(memory_format=memory)
    weight = numbers(shape.outputs, shape.inputs, 3, 3, seed=1).to(memory_format=memory)
    plain = Shape(5, 4, shape.height, shape.width, one.pools)
    expected = results(lambda x, w: direct(plain, x, w), images, weight)
    for ours, theirs in zip(results(one.run, images, weight), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["side_by_side:10", "gathered", "dense", "winograd"])
def test_under_autocast_each_is_about_as_exact_as_onednns_bfloat16(name):
    side = 3 if name == "dense" else 5
    shape, images, weight = Shape(32, 16, side, side), numbers(64, 32, side, side), numbers(16, 32, 3, 3, seed=1)
    exact = results(lambda x, w: direct(shape, x, w), images, weight)
    with torch.autocast("cpu", torch.bfloat16):
        ours = results(algorithm(name).run, images.float(), weight.float())
        theirs = results(lambda x, w: direct(shape, x, w), images.float(), weight.float())
    assert [part.dtype for part in ours] == [torch.bfloat16, torch.float32, torch.float32]
    for a, b, expected in zip(ours, theirs, exact, strict=True):
        assert (a - expected).norm() < 4 * (b - expected).norm() < 0.05 * expected.norm()


@pytest.mark.parametrize("name", ["side_by_side:10", "gathered", "dense", "winograd"])
@pytest.mark.parametrize(("needs_images", "needs_weight"), [(True, False), (False, True)])
def test_a_gradient_that_nobody_asks_for_is_not_computed(name, needs_images, needs_weight):
    images = numbers(2, 3, 3, 3).requires_grad_(needs_images)
    weight = numbers(2, 3, 3, 3, seed=1).requires_grad_(needs_weight)
    algorithm(name).run(images, weight).sum().backward()
    assert (images.grad is not None, weight.grad is not None) == (needs_images, needs_weight)


@pytest.mark.parametrize("name", ["side_by_side", "side_by_side:1", "side_by_side:x", "side_by_side:99", "", "Dense"])
def test_a_name_that_is_not_an_algorithm_is_refused(name):
    with pytest.raises(ValueError, match="no algorithm"):
        algorithm(name)


def test_half_types_alone_lay_side_by_side_and_only_narrow_maps():
    assert "side_by_side:8" in algorithm_names(Shape(5, 4, 7, 7), torch.bfloat16)
    assert not [name for name in algorithm_names(Shape(5, 4, 7, 7), torch.float32) if name.startswith("side")]
    assert algorithm_names(Shape(24, 64, 31, 31, True), torch.bfloat16) == [TORCH]


@pytest.mark.parametrize("width", range(1, 9))
def test_rows_laid_side_by_side_fill_their_tiles(width):
    pixels = side_by_side.images_per_row(width) * (width + 1)
    assert pixels >= 60
    assert pixels / (-(-pixels // 32) * 32) >= 0.93


def test_images_that_fill_no_whole_row_have_zeros_beside_them():
    maps = numbers(5, 2, 3, 4)
    laid = side_by_side.rows(maps, 3)
    assert laid.shape == (2, 2, 3, 15)
    for place in range(5):
        row, left = divmod(place, 3)
        torch.testing.assert_close(laid[row, :, :, 5 * left : 5 * left + 4], maps[place])
    assert laid.sum() == pytest.approx(maps.sum().item())


def test_gathered_windows_are_those_of_unfold():
    images = numbers(2, 3, 4, 5)
    expected = F.unfold(images, 3, padding=1).unflatten(1, (3, 9)).permute(0, 3, 2, 1).flatten(2).flatten(0, 1)
    assert torch.equal(gathered.windows(images), expected)


def test_the_dense_matrix_gathers_by_the_transpose_of_its_spread():
    weight = numbers(4, 5, 3, 3)
    matrix = dense.spread(weight, 3, 2)
    other = numbers(*matrix.shape, seed=1)
    expected = (matrix * other).sum()
    torch.testing.assert_close((weight * dense.gather(other, weight.shape, 3, 2)).sum(), expected)


def test_a_weight_gradient_of_ones_own_is_the_one_that_is_used():
    images, weight = numbers(2, 3, 4, 4), numbers(4, 3, 3, 3, seed=1).requires_grad_()
    convolve(images, weight, lambda gradient, images, weight: torch.full_like(weight, 7)).sum().backward()
    assert torch.equal(weight.grad, torch.full_like(weight, 7))
