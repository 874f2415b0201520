"""Predict the fastest method from constants measured on a CPU.

scipy's own rule switches to FFT far too early for torch. The constants are nanoseconds on one thread of an AMD EPYC
with AVX-512 (torch 2.15, float32, November 2026); only their ratios matter, and `python -m pipeline convolution
benchmark` shows how close `auto` comes to the best method on any machine. On other devices `auto` is "direct", since
nothing was measured there.
"""

import math

import torch

from .geometry import Geometry
from .windows import Window, block_size, fast_size

# A layer, direct: a call, and one multiplication; outputs are rounded up to whole vectors of the processor. The
# library's fast 1-D code ends at about 40 taps, and what replaces it is half as fast.
_LAYER_CALL, _DENSE, _DEPTHWISE = 15_000, {1: 0.0135, 2: 0.0124, 3: 0.0112}, {1: 0.027, 2: 0.02, 3: 0.0174}
_VECTOR, _LONG, _DENSE_LONG = 16, 40, 0.025
# A layer, FFT: a call; one sample times log2 of the length; copying one sample for the product; one multiplication of
# it. Tensors that are too large for the allocator's cache are slow, and part of the work uses one thread.
_LAYER_FFT_CALL, _SAMPLE, _LARGE_SAMPLE, _COPY, _SPECTRUM = 120_000, {1: 0.1, 2: 0.2, 3: 0.3}, 1.0, 0.45, 0.26
_LARGE = 2**23  # samples
_ONE_THREAD = 0.4

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
    """The method, direct, fft or overlap_add, for these windows of x * y.

    Always direct for integers, which is exact.
    """
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
    products: float = len(x) * weight.numel() * math.prod(geometry.output_size(x.shape[2:]))
    dims, width, outputs = len(geometry.kernel), weight.shape[1], len(weight) // geometry.groups
    if width == 1 and geometry.groups > 1:
        each = _DEPTHWISE[dims]
    else:
        each = _DENSE_LONG if dims == 1 and width > 1 and geometry.kernel[0] > _LONG else _DENSE[dims]
        products *= math.ceil(outputs / _VECTOR) * _VECTOR / outputs
    return (_LAYER_CALL + products * each) / torch.get_num_threads()


def _fft_layer_cost(x: torch.Tensor, weight: torch.Tensor, geometry: Geometry) -> float:
    padded = [n + sum(pair) for n, pair in zip(x.shape[2:], geometry.pads, strict=True)]
    size = math.prod(fast_size(n) for n in padded)
    outputs, width = weight.shape[:2]
    inputs, kernels, results = len(x) * x.shape[1] * size, outputs * width * size, len(x) * outputs * size
    sample = _SAMPLE[len(padded)]  # kernels are transformed a few at a time, so they are never large
    slow = sum(samples * (sample if samples < _LARGE else _LARGE_SAMPLE) for samples in (inputs, results))
    product = results * width * _SPECTRUM + (inputs + kernels + results) * _COPY * (width > 1)
    cost = _LAYER_FFT_CALL + (slow + kernels * sample) * math.log2(size + 1) + product
    return cost * (_ONE_THREAD + (1 - _ONE_THREAD) / torch.get_num_threads())


def _blocks_cost(windows: tuple[Window, ...]) -> float:
    """Samples of all blocks, times log2 of the block length; infinite for a single block, which is plain FFT."""
    total = length = blocks = 1
    for w in windows:
        long, short = max(w.signal, w.kernel), min(w.signal, w.kernel)
        size = block_size(long, short)
        count = math.ceil(long / (size - short + 1))
        total *= count * size
        blocks *= count
        length *= size
    return total * math.log2(length + 1) if blocks > 1 else math.inf
