"""Windows of the full convolution of two arrays, by three methods: direct, FFT, overlap-add.

Here the convolved axes come last; the axes before them are batch axes, which broadcast.
"""

import itertools
import math
import warnings
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from .methods import fast_size

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


@dataclass(frozen=True)
class Window:
    """Positions start to stop of the full convolution, which has length signal + kernel - 1, along one axis."""

    signal: int
    kernel: int
    start: int
    stop: int

    @classmethod
    def of(cls, signal: int, kernel: int, mode: str, anchor: str) -> "Window":
        """The window of a mode; 'same' starts at (k - 1) // 2, or at k // 2 with the anchor "trail"."""
        if mode == "full":
            return cls(signal, kernel, 0, signal + kernel - 1)
        if mode == "valid":
            return cls(signal, kernel, kernel - 1, signal)
        start = kernel // 2 if anchor == "trail" else (kernel - 1) // 2
        return cls(signal, kernel, start, start + signal)

    @property
    def length(self) -> int:
        """Number of positions in the window."""
        return self.stop - self.start


def direct(x: torch.Tensor, y: torch.Tensor, windows: tuple[Window, ...]) -> torch.Tensor:
    """Sums of products: by torch's layers if possible, by shifts and sums for integers and more than three axes."""
    dims = len(windows)
    if x.shape[-dims:].numel() < y.shape[-dims:].numel():
        x, y = y, x  # convolution commutes, and the smaller array is the cheaper kernel
    pads = [(k - 1 - w.start, w.stop - n) for w, n, k in zip(windows, x.shape[-dims:], y.shape[-dims:], strict=True)]
    x = F.pad(x, [amount for pair in reversed(pads) for amount in pair])
    y = y.flip(tuple(range(-dims, 0)))
    if dims > 3 or not (x.is_floating_point() or x.is_complex()):
        return _shift_and_add(x, y, windows)
    return _by_layer(x, y, windows)


def fft(x: torch.Tensor, y: torch.Tensor, windows: tuple[Window, ...]) -> torch.Tensor:
    """Product of the spectra; positions outside the window may wrap around, which saves padding."""
    axes = tuple(range(-len(windows), 0))
    size = tuple(fast_size(max(w.stop, w.signal + w.kernel - 1 - w.start, w.signal, w.kernel)) for w in windows)
    return _cut(_multiply_spectra(x, y, size, axes), windows)


def overlap_add(x: torch.Tensor, y: torch.Tensor, windows: tuple[Window, ...]) -> torch.Tensor:
    """FFTs of blocks: along each axis the longer array is split into blocks, whose overlapping results are added."""
    first = x.ndim - len(windows)
    sizes = []
    for axis in range(first, first + 2 * len(windows), 2):  # each axis becomes (blocks, samples)
        n, k = x.shape[axis], y.shape[axis]
        size = block_size(max(n, k), min(n, k))
        step = size - min(n, k) + 1
        x = _blocks(x, axis, step) if n >= k else x.unsqueeze(axis)
        y = _blocks(y, axis, step) if k > n else y.unsqueeze(axis)
        sizes.append((size, step))
    axes = tuple(range(first + 1, x.ndim, 2))
    result = _multiply_spectra(x, y, tuple(size for size, _ in sizes), axes)
    for axis, (_, step) in enumerate(sizes, start=first):
        result = _join_blocks(result, axis, step)
    return _cut(result, windows)


METHODS = {"direct": direct, "fft": fft, "overlap_add": overlap_add}


def _by_layer(x: torch.Tensor, kernel: torch.Tensor, windows: tuple[Window, ...]) -> torch.Tensor:
    dims = len(windows)
    batch = torch.broadcast_shapes(x.shape[:-dims], kernel.shape[:-dims])
    convolve, out = _CONV[dims], [w.length for w in windows]
    if kernel.shape[:-dims].numel() == 1:  # one kernel: the batch axes are the layer's batch
        return convolve(x.reshape(-1, 1, *x.shape[-dims:]), kernel.reshape(1, 1, *kernel.shape[-dims:])).reshape(
            *batch, *out
        )
    x = x.expand(*batch, *x.shape[-dims:]).reshape(1, -1, *x.shape[-dims:])
    kernel = kernel.expand(*batch, *kernel.shape[-dims:]).reshape(-1, 1, *kernel.shape[-dims:])
    return convolve(x, kernel, groups=len(kernel)).reshape(*batch, *out)


def _shift_and_add(x: torch.Tensor, kernel: torch.Tensor, windows: tuple[Window, ...]) -> torch.Tensor:
    total: Any = 0
    for tap in itertools.product(*(range(k) for k in kernel.shape[-len(windows) :])):
        places: Any = (..., *(slice(t, t + w.length) for t, w in zip(tap, windows, strict=True)))
        one: Any = (..., *(slice(t, t + 1) for t in tap))
        total = total + x[places] * kernel[one]
    return total


def _multiply_spectra(x: torch.Tensor, y: torch.Tensor, size: tuple[int, ...], axes: tuple[int, ...]) -> torch.Tensor:
    x, y = _precise(x), _precise(y)
    forward, inverse = (torch.fft.fftn, torch.fft.ifftn) if x.is_complex() else (torch.fft.rfftn, torch.fft.irfftn)
    result = inverse(forward(x, s=size, dim=axes) * forward(y, s=size, dim=axes), s=size, dim=axes)
    _warn_of_nan(result)
    return result


def _precise(x: torch.Tensor) -> torch.Tensor:
    """Convert to the dtype of the FFT, whose rounding errors are relative to the largest value."""
    if x.device.type == "cpu":
        return x.to(torch.complex128 if x.is_complex() else torch.float64)
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _warn_of_nan(result: torch.Tensor) -> None:
    if result.is_meta or torch.compiler.is_compiling() or torch._C._functorch.is_functorch_wrapped_tensor(result):
        return  # traced, vectorised and meta tensors have no values to check
    if result.isnan().any():
        message = (
            "Use of fft convolution spreads NaN and infinity over the whole result: clean the input, or method='direct'"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=5)


def _cut(result: torch.Tensor, windows: tuple[Window, ...]) -> torch.Tensor:
    places: Any = (..., *(slice(w.start, w.stop) for w in windows))
    return result[places]


def block_size(n: int, k: int) -> int:
    """FFT length of the cheapest blocks for a signal of n samples and a kernel of k."""
    whole = fast_size(n + k - 1)
    candidates = [fast_size(2**j * (2 * k - 1)) for j in range(12)]
    return min(
        [size for size in candidates if size < whole] + [whole],
        key=lambda size: math.ceil(n / (size - k + 1)) * size * math.log2(size + 1),
    )


def _blocks(x: torch.Tensor, axis: int, step: int) -> torch.Tensor:
    short = -x.shape[axis] % step
    if short:
        x = torch.cat([x, x.new_zeros(*x.shape[:axis], short, *x.shape[axis + 1 :])], axis)
    return x.unflatten(axis, (-1, step))


def _join_blocks(blocks: torch.Tensor, axis: int, step: int) -> torch.Tensor:
    """(count, size) along two axes to (count + 1) * step along one: what exceeds a step is added to the next block."""
    head, tail = blocks.split([step, blocks.shape[axis + 1] - step], axis + 1)
    missing = torch.zeros_like(head.narrow(axis + 1, 0, step - tail.shape[axis + 1]))
    tail = torch.cat([tail, missing], axis + 1)
    empty = torch.zeros_like(head.narrow(axis, 0, 1))
    return (torch.cat([head, empty], axis) + torch.cat([empty, tail], axis)).flatten(axis, axis + 1)
