"""`identify` on functions whose behaviour is documented elsewhere: torch, scipy, numpy, filters in kornia's form."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch.nn.functional as F
from torch import nn

from pipeline.convolution import Convolution2d, ConvolutionError, convolve, identify


def filter_like_kornia(x, kernel, border="reflect", normalized=True, behaviour="corr"):
    """(B, C, H, W) with a kernel (1, k, l): filter2d's arguments and defaults."""
    if normalized:
        kernel = kernel / kernel.abs().sum((-2, -1), keepdim=True)
    if behaviour == "conv":
        kernel = kernel.flip(-2, -1)
    rows, columns = kernel.shape[-2:]
    pads = [(columns - 1) // 2, columns // 2, (rows - 1) // 2, rows // 2]
    return F.conv2d(F.pad(x, pads, mode=border), kernel[:, None])


# The anchors and boundaries below are those of scipy's and torch's documentation.
@pytest.mark.parametrize(
    ("function", "operation", "mode", "anchor", "boundary", "conjugates"),
    [
        (F.conv2d, "cross_correlation", "valid", None, None, "nothing"),
        (F.conv1d, "cross_correlation", "valid", None, None, "nothing"),
        (F.conv3d, "cross_correlation", "valid", None, None, "nothing"),
        (F.conv_transpose2d, "convolution", "full", None, "zeros", "nothing"),
        (lambda x, w: F.conv2d(x, w, padding="same"), "cross_correlation", "same", "trail", "zeros", "nothing"),
        (scipy.signal.convolve, "convolution", "full", None, "zeros", "nothing"),
        (scipy.signal.correlate, "cross_correlation", "full", None, "zeros", "kernel"),
        (scipy.signal.fftconvolve, "convolution", "full", None, "zeros", "nothing"),
        (
            lambda x, w: scipy.signal.convolve2d(x, w, "same", "wrap"),
            "convolution",
            "same",
            "lead",
            "circular",
            "nothing",
        ),
        (
            lambda x, w: scipy.signal.correlate2d(x, w, "same", "symm"),
            "cross_correlation",
            "same",
            "trail",
            "symmetric",
            "kernel",
        ),
        (np.convolve, "convolution", "full", None, "zeros", "nothing"),
        (np.correlate, "cross_correlation", "valid", None, None, "kernel"),
        (scipy.ndimage.convolve1d, "convolution", "same", "trail", "symmetric", "nothing"),
        (
            lambda x, w: scipy.ndimage.correlate(x, w, mode="nearest"),
            "cross_correlation",
            "same",
            "lead",
            "replicate",
            "kernel",
        ),
        (filter_like_kornia, "cross_correlation", "same", "trail", "reflect", "nothing"),
        (
            lambda x, w: filter_like_kornia(x, w, "circular", False, "conv"),
            "convolution",
            "same",
            "trail",
            "circular",
            "nothing",
        ),
        (
            lambda x, w: np.fft.ifft2(np.fft.fft2(x) * np.fft.fft2(w, x.shape)).real,
            "convolution",
            "same",
            "lead",
            "circular",
            None,
        ),
    ],
)
def test_known_functions(function, operation, mode, anchor, boundary, conjugates):
    found = identify(function)
    assert (found.operation, found.mode, found.anchor, found.boundary) == (operation, mode, anchor, boundary)
    assert found.conjugates == conjugates or (conjugates == "nothing" and found.conjugates is None)
    assert set(found.stride) == set(found.dilation) == {1}
    assert (found.scale, found.bias) == (1, 0)
    assert found.normalizes == (function is filter_like_kornia)


def test_stride_dilation_and_padding_of_each_axis():
    found = identify(lambda x, w: F.conv2d(x, w, stride=(2, 3), padding=(1, 2), dilation=(2, 1)))
    assert (found.stride, found.dilation, found.mode) == ((2, 3), (2, 1), None)
    assert [before for before, _ in found.padding] == [1, 2]


@pytest.mark.parametrize(
    ("layer", "operation", "stride", "boundary"),
    [
        (nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect"), "cross_correlation", 1, "reflect"),
        (nn.Conv1d(4, 4, 4, stride=2, groups=2), "cross_correlation", 2, None),
        (nn.ConvTranspose2d(2, 3, 3), "convolution", 1, "zeros"),
        (Convolution2d(2, 2, 3, padding="same"), "convolution", 1, "zeros"),
        (nn.Conv3d(1, 1, 2, bias=False).double(), "cross_correlation", 1, None),
    ],
)
def test_layers_with_their_bias(layer, operation, stride, boundary):
    found = identify(layer)
    assert (found.operation, found.stride[0], found.boundary, found.scale) == (operation, stride, boundary, 1)
    assert found.bias == pytest.approx(0 if layer.bias is None else layer.bias[0].item(), abs=1e-6)


def test_mistakes_are_seen_for_what_they_are():
    rows = identify(lambda x, w: F.conv2d(x, w.flip(2)))
    assert (rows.operation, rows.flipped_axes) == ("mixed", (0,))
    assert identify(lambda x, w: F.conv2d(x, w.transpose(2, 3))).kernel_axes == (1, 0)
    assert identify(lambda x, w: -2 * scipy.signal.convolve2d(x, w) + 3).scale == pytest.approx(-2)
    assert identify(lambda x, w: -2 * scipy.signal.convolve2d(x, w) + 3).bias == pytest.approx(3)
    assert identify(lambda x, w: convolve(x.conj(), w.conj())).conjugates == "both"


def test_the_words():
    same = identify(lambda x, w: F.conv2d(x, w, padding="same"))
    assert str(same) == (
        'cross-correlation; stride 1, dilation 1; padding "same" (0 before and 1 after, 1 before and 2 after), '
        'anchor "trail", zeros'
    )
    assert str(identify(lambda x, w: F.conv2d(x, w.flip(2)))).startswith("mixed (only axis 0 flipped); ")
    assert str(identify(scipy.signal.correlate)).endswith("conjugates the kernel")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x, "does not take a signal and a kernel"),
        (lambda x, w: x.sum(), "does not take a signal and a kernel"),
        (lambda x, w: x @ x.T, "with a kernel of zeros the output depends on the signal"),
        (lambda x, w: F.conv2d(x, w) ** 2, "no output is a multiple of one sample"),
        (lambda x, w: F.conv2d(x, w.cumsum(-1)), "this is not a correlation|mixes"),
        (lambda x, w: F.conv2d(x, w / w.amax()), "not linear in the kernel"),
        (nn.Linear(3, 4), r"the layer's weight has shape \(4, 3\)"),
    ],
)
def test_what_is_no_correlation_is_refused(function, message):
    with pytest.raises(ConvolutionError, match=message):
        identify(function)
