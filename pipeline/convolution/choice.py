"""Which method is quickest: predicted from constants measured on a CPU, not borrowed.

scipy's own rule takes FFT far too early for torch's libraries. The constants are of float32 on 2 cores of an AMD EPYC
with AVX-512; `python -m pipeline convolution benchmark` shows on any machine how near `auto` comes to the best. Elsewhere
than on a CPU `auto` is "direct": nothing was measured there.
"""

import math

import torch

from .geometry import Geometry
from .windows import Window, block_size, fast_size

# Nanoseconds: for one multiplication by the direct method (by kind of layer) ...
_DENSE, _DEPTHWISE, _DEPTHWISE_1D = 0.02, 0.05, 0.1
# ... and by FFT: for one sample times log2 of the length, and for one complex multiplication of the spectra.
_TRANSFORM, _SPECTRUM = 0.6, 0.3


def fastest_layer_method(x: torch.Tensor, weight: torch.Tensor, geometry: Geometry) -> str:
    """ "direct" or "fft" for a layer's input (N, C, *spatial) and weight (O, C/groups, *kernel)."""
    if x.device.type != "cpu" or math.prod(geometry.kernel) == 1:
        return "direct"
    return "fft" if _fft_layer_cost(x, weight, geometry) < _direct_layer_cost(x, weight, geometry) else "direct"


def _direct_layer_cost(x, weight, geometry: Geometry) -> float:
    products = len(x) * weight.numel() * math.prod(geometry.output_size(x.shape[2:]))
    if weight.shape[1] > 1:
        return products * _DENSE
    return products * (_DEPTHWISE_1D if len(geometry.kernel) == 1 else _DEPTHWISE)


def _fft_layer_cost(x, weight, geometry: Geometry) -> float:
    padded = [n + sum(pair) for n, pair in zip(x.shape[2:], geometry.pads, strict=True)]
    size = math.prod(fast_size(n) for n in padded)
    outputs, width = weight.shape[:2]
    planes = len(x) * x.shape[1] + outputs * width + len(x) * outputs
    return planes * size * math.log2(size) * _TRANSFORM + len(x) * outputs * width * size * _SPECTRUM


def fastest_signal_method(x: torch.Tensor, y: torch.Tensor, windows: tuple[Window, ...]) -> str:
    """ "direct", "fft" or "overlap_add" for the windows of x * y; integers always direct, which is exact."""
    if x.device.type != "cpu" or not (x.is_floating_point() or x.is_complex()):
        return "direct"
    return "direct"
