"""`auto` takes the direct method for small kernels and FFT for large ones, as measured."""

import pytest
import torch

from pipeline.convolution.choice import fastest_layer_method, fastest_signal_method
from pipeline.convolution.functional import conv_nd
from pipeline.convolution.geometry import resolve
from pipeline.convolution.windows import Window


@pytest.mark.parametrize(
    ("input_shape", "weight_shape", "groups", "expected"),
    [
        ((128, 3, 32, 32), (24, 3, 2, 2), 1, "direct"),
        ((128, 64, 32, 32), (64, 64, 3, 3), 1, "direct"),
        ((8, 64, 32, 32), (64, 64, 1, 1), 1, "direct"),
        ((8, 64, 62, 62), (64, 64, 31, 31), 1, "fft"),
        ((8, 64, 46, 46), (64, 1, 15, 15), 64, "direct"),
        ((8, 64, 1055), (64, 1, 33), 64, "direct"),
        ((8, 64, 1535), (64, 1, 513), 64, "fft"),
        ((8, 16, 1055), (16, 16, 33), 1, "direct"),
        ((8, 16, 1087), (16, 16, 65), 1, "fft"),
    ],
)
def test_layers(input_shape, weight_shape, groups, expected):
    x, w = torch.empty(input_shape), torch.empty(weight_shape)
    assert fastest_layer_method(x, w, resolve(w.shape[2:], groups=groups)) == expected


@pytest.mark.parametrize(
    ("signal", "kernel", "expected"),
    [
        ((1000,), (10,), "direct"),
        ((10_000,), (10_000,), "fft"),
        ((100_000,), (1000,), "overlap_add"),
        ((64, 64), (3, 3), "direct"),
        ((512, 512), (101, 101), "fft"),
        ((32, 32, 32), (9, 9, 9), "fft"),
    ],
)
def test_signals(signal, kernel, expected):
    windows = tuple(Window.of(n, k, "full", "lead") for n, k in zip(signal, kernel, strict=True))
    assert fastest_signal_method(torch.empty(signal), torch.empty(kernel), windows) == expected
    integers = torch.empty(signal, dtype=torch.int32)
    assert fastest_signal_method(integers, integers, windows) == "direct"


def test_auto_computes_what_it_chose():
    x, w = torch.randn(1, 2, 600, dtype=torch.float64), torch.randn(2, 2, 300, dtype=torch.float64)
    automatic = conv_nd(x, w, padding="same", method="auto")
    torch.testing.assert_close(automatic, conv_nd(x, w, padding="same"), rtol=1e-12, atol=1e-11)
