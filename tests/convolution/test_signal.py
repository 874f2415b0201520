"""convolve and correlate where scipy's own tests do not reach: boundaries in N-D, methods, gradients, errors."""

import itertools

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch
from torch.autograd import gradcheck, gradgradcheck

from pipeline import convolution as C

METHODS = ["direct", "fft", "overlap_add", "auto"]
NDIMAGE = {"wrap": "wrap", "symm": "reflect"}


def random(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def relative(result, expected):
    expected = torch.as_tensor(expected)
    assert result.shape == expected.shape
    return ((result - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(
    "shapes", [((9,), (4,)), ((4,), (9,)), ((7, 6), (3, 2)), ((5, 4, 6), (2, 3, 3)), ((4, 3, 5, 4), (2, 2, 3, 1))]
)
def test_against_scipy(shapes, mode, method):
    x, y = (random(*shape, dtype=torch.complex128, seed=i) for i, shape in enumerate(shapes))
    assert relative(C.convolve(x, y, mode, method), scipy.signal.convolve(x.numpy(), y.numpy(), mode)) < 1e-12
    correlated = scipy.signal.correlate(x.numpy(), y.numpy(), mode, method="direct")
    assert relative(C.correlate(x, y, mode, method), correlated) < 1e-12
    assert relative(C.correlate(x, y, mode, method, conjugate=False), correlated) > 0.1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("boundary", ["wrap", "symm"])
@pytest.mark.parametrize("shapes", [((9,), (5,)), ((7, 6), (3, 5)), ((5, 4, 6), (3, 3, 3))])
def test_boundaries_beyond_two_axes(shapes, boundary, method):
    x, y = (random(*shape, seed=i) for i, shape in enumerate(shapes))
    expected = scipy.ndimage.convolve(x.numpy(), y.numpy(), mode=NDIMAGE[boundary])
    assert relative(C.convolve(x, y, "same", method, boundary=boundary), expected) < 1e-12
    assert relative(C.convolve(x, y, "same", method), expected) > 0.01


@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
@pytest.mark.parametrize(("mode", "kernel"), [*itertools.product(["full", "same", "valid"], [(3, 3), (2, 4), (9, 12)])])
def test_two_axes_against_scipy(mode, kernel, boundary):
    x, y = random(12, 13), random(*kernel, seed=1)
    for ours, theirs, anchor in (
        (C.convolve, scipy.signal.convolve2d, "lead"),
        (C.correlate, scipy.signal.correlate2d, "trail"),
    ):
        expected = theirs(x.numpy(), y.numpy(), mode, boundary, 0.5)
        assert relative(ours(x, y, mode, boundary=boundary, fillvalue=0.5, anchor=anchor), expected) < 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_axes_broadcast(method):
    x, y = random(3, 1, 20), random(1, 4, 5, seed=1)
    expected = scipy.signal.fftconvolve(x.numpy(), y.numpy(), axes=2)
    assert relative(C.convolve(x, y, method=method, axes=2), expected) < 1e-12
    assert relative(C.convolve(x, y, method=method, axes=-1), expected) < 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_integers_are_exact(method):
    x, y = torch.arange(-50, 50), torch.arange(7) ** 3
    expected = torch.from_numpy(np.convolve(x.numpy(), y.numpy()))
    assert torch.equal(C.convolve(x, y, method=method), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.complex64])
@pytest.mark.parametrize("method", METHODS)
def test_dtype_is_kept(method, dtype):
    x, y = random(30, dtype=dtype), random(5, dtype=dtype, seed=1)
    wide = torch.promote_types(dtype, torch.float64)
    result = C.convolve(x, y, method=method)
    assert result.dtype == dtype
    assert relative(result.to(wide), C.convolve(x.to(wide), y.to(wide))) < 4 * torch.finfo(dtype).eps


@pytest.mark.parametrize("method", METHODS[:3])
@pytest.mark.parametrize(
    "options", [{"mode": "same", "boundary": "symm"}, {"mode": "valid"}, {"mode": "full", "axes": 1}]
)
def test_gradients_twice(options, method):
    inputs = [random(3, 4).requires_grad_(), random(3, 2, seed=1).requires_grad_()]
    for function in (C.convolve, C.correlate):
        assert gradcheck(lambda x, y, f=function: f(x, y, method=method, **options), inputs)
        assert gradgradcheck(lambda x, y, f=function: f(x, y, method=method, **options), inputs)


def test_overlap_add_of_a_long_signal_uses_short_transforms():
    x, y = random(5000), random(17, seed=1)
    assert relative(C.convolve(x, y, "same", "overlap_add"), np.convolve(x.numpy(), y.numpy(), "same")) < 1e-12


def test_nan_spreads_by_fft_with_a_warning_and_not_by_direct():
    x = torch.ones(9)
    x[0] = torch.nan
    with pytest.warns(RuntimeWarning, match="method='direct'"):
        C.convolve(x, torch.ones(2), method="fft")
    assert C.convolve(x, torch.ones(2), method="direct").isnan().sum() == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "fill"}, "acceptable mode flags are"),
        ({"method": "winograd"}, "choose one of auto, direct, fft, overlap_add"),
        ({"boundary": "reflect"}, "choose one of fill, wrap, symm"),
        ({"anchor": "centre"}, "choose one of lead, trail"),
        ({"axes": 3}, "axes exceeds dimensionality"),
    ],
)
def test_errors_name_the_choices(arguments, message):
    with pytest.raises(C.ConvolutionError, match=message):
        C.convolve(torch.ones(3), torch.ones(2), **arguments)


@pytest.mark.parametrize("function", [C.convolve, C.correlate])
@pytest.mark.parametrize("given", [np.ones(3), [1.0, 2.0]])
def test_what_scipy_takes_besides_tensors_is_refused_in_one_line(function, given):
    with pytest.raises(C.ConvolutionError, match=rf"in1 is a {type(given).__name__}, .*torch\.as_tensor\(in1\)"):
        function(given, torch.ones(2))
    with pytest.raises(C.ConvolutionError, match=r"in2 is a"):
        function(torch.ones(2), given)
