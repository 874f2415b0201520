"""Which method is quickest: predicted from constants measured on a CPU, not borrowed.

scipy's own rule takes FFT far too early for torch's libraries. The constants are nanoseconds of a thread of an AMD EPYC
with AVX-512 (torch 2.15, float32, November 2026); only their ratios matter, and `python -m pipeline convolution
benchmark` shows how near `auto` comes to the best on any machine. Elsewhere than on a CPU `auto` is "direct": nothing
was measured there.
"""

import math

import torch

from .geometry import Geometry
from .windows import Window, block_size, fast_size

# A layer, direct: one multiplication. Long 1-D kernels and single channels use the vector units less well.
_DENSE = {1: 0.025, 2: 0.0112, 3: 0.0112}
_DEPTHWISE = {1: 0.027, 2: 0.0174, 3: 0.0174}
# A layer, FFT: a call, one sample times log2 of the length, one complex multiplication. What exceeds the caches, and
# the size that the allocator keeps, costs about four times as much.
_LAYER_CALL, _SAMPLE, _LARGE_SAMPLE, _SPECTRUM = 150_000, 0.16, 0.6, 0.6
_LARGE = 4_000_000  # samples

# Two signals: a direct call and multiplication; an FFT call and sample times log2; the same for overlap-add.
_DIRECT_CALL, _PRODUCT = 50_000, {1: 0.25, 2: 0.2, 3: 0.25}
_FFT_CALL, _FFT_SAMPLE = 60_000, {1: 4.7, 2: 0.9, 3: 1.1}
_BLOCKS_CALL, _BLOCKS_SAMPLE = 600_000, 1.6


def fastest_layer_method(x: torch.Tensor, weight: torch.Tensor, geometry: Geometry) -> str:
    """The method, direct or fft, for a layer's input (N, C, *spatial) and weight (O, C/groups, *kernel)."""
    if x.device.type != "cpu" or math.prod(geometry.kernel) == 1:
        return "direct"
    return "fft" if _fft_layer_cost(x, weight, geometry) < _direct_layer_cost(x, weight, geometry) else "direct"


def fastest_signal_method(x: torch.Tensor, y: torch.Tensor, windows: tuple[Window, ...]) -> str:
    """The method, direct, fft or overlap_add, for these windows of x * y; integers always direct, which is exact."""
    if x.device.type != "cpu" or not (x.is_floating_point() or x.is_complex()):
        return "direct"
    dims = min(len(windows), 3)
    batch = torch.broadcast_shapes(x.shape[: -len(windows)], y.shape[: -len(windows)]).numel()
    products = math.prod(w.length * min(w.signal, w.kernel) for w in windows)
    size = math.prod(fast_size(max(w.signal + w.kernel - 1 - w.start, w.stop)) for w in windows)
    costs = {
        "direct": _DIRECT_CALL + batch * products * _PRODUCT[dims],
        "fft": _FFT_CALL + batch * size * math.log2(size + 1) * _FFT_SAMPLE[dims],
        "overlap_add": _BLOCKS_CALL + batch * _blocks_cost(windows) * _BLOCKS_SAMPLE,
    }
    return min(costs, key=costs.__getitem__)


def _direct_layer_cost(x: torch.Tensor, weight: torch.Tensor, geometry: Geometry) -> float:
    products = len(x) * weight.numel() * math.prod(geometry.output_size(x.shape[2:]))
    return products * (_DENSE if weight.shape[1] > 1 else _DEPTHWISE)[len(geometry.kernel)]


def _fft_layer_cost(x: torch.Tensor, weight: torch.Tensor, geometry: Geometry) -> float:
    padded = [n + sum(pair) for n, pair in zip(x.shape[2:], geometry.pads, strict=True)]
    size = math.prod(fast_size(n) for n in padded)
    outputs, width = weight.shape[:2]
    transforms = [planes * size for planes in (len(x) * x.shape[1], outputs * width, len(x) * outputs)]
    each = sum(samples * (_SAMPLE if samples < _LARGE else _LARGE_SAMPLE) for samples in transforms)
    return _LAYER_CALL + each * math.log2(size + 1) + len(x) * outputs * width * size * _SPECTRUM


def _blocks_cost(windows: tuple[Window, ...]) -> float:
    """Samples of all blocks, times log2 of a block's length; infinite for a single block, which is plain FFT."""
    total = length = blocks = 1
    for w in windows:
        long, short = max(w.signal, w.kernel), min(w.signal, w.kernel)
        size = block_size(long, short)
        count = math.ceil(long / (size - short + 1))
        total *= count * size
        blocks *= count
        length *= size
    return total * math.log2(length + 1) if blocks > 1 else math.inf
