"""Three methods for the cross-correlation of (N, C, *spatial) with (O, C/groups, *kernel): direct, FFT, unfold.

Each takes the unpadded input and the kernel (already flipped for a convolution).
"""

import math

import torch
import torch.nn.functional as F

from .geometry import Geometry
from .padding import pad

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_HALF = (torch.float16, torch.bfloat16)
_CHUNK = 2**20  # samples of kernels transformed at a time, so that they stay in the caches


def direct(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: Geometry) -> torch.Tensor:
    """torch's own kernels, called with exactly the arguments of nn.Conv*, so that results agree bit for bit."""
    common = (0,) * len(geometry.kernel)
    if geometry.padding_mode == "zeros":
        common = tuple(min(pair) for pair in geometry.pads)
        rest = [amount - c for pair, c in zip(geometry.pads[::-1], common[::-1], strict=True) for amount in pair]
        x = F.pad(x, rest) if any(rest) else x
    else:
        x = pad(x, geometry)
    convolve = _CONV[len(geometry.kernel)]
    return convolve(x, weight, bias, geometry.stride, common, geometry.dilation, geometry.groups)


def unfold(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: Geometry) -> torch.Tensor:
    """Windows times kernel (im2col): one matrix product per group."""
    windows = pad(x, geometry)
    dims, groups = len(geometry.kernel), geometry.groups
    out = geometry.output_size(x.shape[2:])
    for axis in range(dims):
        places = torch.arange(out[axis], device=x.device) * geometry.stride[axis]
        taps = torch.arange(geometry.kernel[axis], device=x.device) * geometry.dilation[axis]
        index = (places[:, None] + taps).flatten()
        windows = windows.index_select(axis + 2, index).unflatten(axis + 2, (out[axis], -1)).movedim(axis + 3, -1)
    columns = windows.flatten(2, 1 + dims).flatten(3).unflatten(1, (groups, -1))  # (N, G, C/G, places, taps)
    kernels = weight.flatten(2).unflatten(0, (groups, -1))  # (G, O/G, C/G, taps)
    result = torch.einsum("ngcpt,goct->ngop", columns, kernels)
    return _add_bias(result.flatten(1, 2).unflatten(2, out), bias)


def fft(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: Geometry) -> torch.Tensor:
    """The convolution theorem: the spectrum of the input times that of the flipped kernel is cross-correlation.

    The values that a circular convolution of the padded input gets wrong are those that 'valid' drops, so no more zeros
    are needed. 16-bit types are computed in float32, because FFT libraries do not support them.
    """
    dtype = _result_dtype(x)
    x = _at_least_single(pad(x, geometry))
    axes, groups = tuple(range(2, x.ndim)), geometry.groups
    size = tuple(fast_size(n) for n in x.shape[2:])
    forward, inverse = (torch.fft.fftn, torch.fft.ifftn) if x.is_complex() else (torch.fft.rfftn, torch.fft.irfftn)
    spectra = forward(x, s=size, dim=axes).unflatten(1, (groups, -1))
    kernels = _at_least_single(dilate(weight, geometry.dilation)).flip(axes).unflatten(0, (groups, -1))
    axes = tuple(axis + 1 for axis in axes)
    cut = tuple(slice(e - 1, n, s) for e, n, s in zip(geometry.extents, x.shape[2:], geometry.stride, strict=True))
    results = []
    for some in kernels.split(max(1, _CHUNK // (x.shape[1] * math.prod(size))), 1):
        product = _multiply(spectra, forward(some, s=size, dim=axes))
        results.append(inverse(product, s=size, dim=axes)[(..., *cut)])
    return _add_bias(torch.cat(results, 2).flatten(1, 2).to(dtype), bias)


def _multiply(spectra: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
    """(N, G, C, *F) times (G, O, C, *F), summed over channels: (N, G, O, *F), one matrix product per frequency."""
    if spectra.shape[2] == 1:
        return spectra * kernels.squeeze(2)
    # Contiguous operands use the library's batched product; others are copied matrix by matrix.
    left = spectra.flatten(3).permute(3, 1, 0, 2).contiguous()
    right = kernels.flatten(3).permute(3, 0, 1, 2).contiguous().mT
    return (left @ right).permute(2, 1, 3, 0).unflatten(3, spectra.shape[3:])


def dilate(weight: torch.Tensor, dilation: tuple[int, ...]) -> torch.Tensor:
    """The kernel with `dilation - 1` zeros between its taps."""
    for axis, d in enumerate(dilation, start=2):
        if d > 1:
            spread = F.pad(weight.unsqueeze(axis + 1).movedim(axis + 1, -1), (0, d - 1)).movedim(-1, axis + 1)
            weight = spread.flatten(axis, axis + 1).narrow(axis, 0, d * (weight.shape[axis] - 1) + 1)
    return weight


def fast_size(n: int) -> int:
    """The smallest even number from n on (or 1) with only the prime factors 2, 3 and 5, for which an FFT is fast.

    A real transform of odd length takes up to three times as long as that of the next even one.
    """
    while n > 1:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1 and n % 2 == 0:
            break
        n += 1
    return n


def _at_least_single(x: torch.Tensor) -> torch.Tensor:
    return x.float() if x.dtype in _HALF else x


def _result_dtype(x: torch.Tensor) -> torch.dtype:
    kind = x.device.type
    if not torch.amp.is_autocast_available(kind):  # as for the meta device
        return x.dtype
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) and x.is_floating_point() else x.dtype


def _add_bias(result: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return result if bias is None else result + bias.to(result.dtype).view(-1, *[1] * (result.ndim - 2))


METHODS = {"direct": direct, "fft": fft, "unfold": unfold}
