"""How much a layer can amplify: its singular values, computed by frequency if the boundary is circular.

With a circular boundary the Fourier transform turns a multi-channel layer into one small matrix per frequency; their
singular values are those of the layer (Sedghi, Gupta, Long: The Singular Values of Convolutional Layers, ICLR 2019).
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from .errors import ConvolutionError
from .functional import conv_nd
from .geometry import per_axis
from .gradients import adjoint
from .layer_classes import operation_of


def singular_values(
    weight: torch.Tensor,
    input_size: Sequence[int],
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> torch.Tensor:
    """All singular values of the circular layer: (groups, *frequencies, min(O, C * prod(stride)) / groups).

    They are equal for both operators and every anchor: a flip conjugates the spectrum, and a shift changes its phase. A
    stride aliases `prod(stride)` frequencies onto one.

    Args:
        weight: (O, C/groups, *kernel), real or complex.
        input_size: the spatial shape of the input; the stride must divide it.

    Raises:
        ConvolutionError: the stride does not divide the input size.
    """
    size, dims = tuple(input_size), weight.ndim - 2
    strides, dilations = per_axis(stride, dims, "stride"), per_axis(dilation, dims, "dilation")
    if len(size) != dims or any(n % s for n, s in zip(size, strides, strict=False)):
        raise ConvolutionError(f"the stride {strides} must divide the input {size}, which needs {dims} axes")
    response = torch.fft.fftn(_wrapped(weight, size, dilations), dim=tuple(range(2, weight.ndim)))
    for axis, (n, s) in enumerate(zip(size, strides, strict=True), start=2):
        response = response.unflatten(axis, (s, n // s)).movedim(axis, 2).flatten(1, 2)  # aliases join the channels
    matrices = response.unflatten(0, (groups, -1)).movedim((1, 2), (-2, -1))
    return torch.linalg.svdvals(matrices / math.sqrt(math.prod(strides)))


Kernelled = nn.Conv1d | nn.Conv2d | nn.Conv3d


def lipschitz_constant(layer: nn.Module, input_size: Sequence[int], *, tolerance: float = 1e-9, seed: int = 0) -> float:
    """The largest factor by which the layer can amplify a difference of inputs (L2): its largest singular value.

    Exact, by frequency, for a circular layer with an output as large as its input; otherwise by power iteration on A'A,
    from below, until the relative change is less than `tolerance`.

    Args:
        layer: an nn.Conv1d, 2d or 3d, or one of this package's.
        input_size: the spatial shape of its input.

    Raises:
        ConvolutionError: the layer is of another type, such as a transposed one.
    """
    if not isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        raise ConvolutionError(f"{type(layer).__name__} is not an nn.Conv1d, 2d or 3d or a layer of this package")
    weight = layer.weight.detach()
    weight = weight.to(torch.complex128 if weight.is_complex() else torch.float64)
    extents = [d * (k - 1) for k, d in zip(layer.kernel_size, layer.dilation, strict=True)]
    pads: Any = layer.padding
    keeps_size = pads == "same" or all(2 * p == e for p, e in zip(pads, extents, strict=True))
    divides = all(n % s == 0 for n, s in zip(input_size, layer.stride, strict=True))
    if layer.padding_mode == "circular" and keeps_size and divides:
        return singular_values(weight, input_size, layer.stride, layer.dilation, layer.groups).max().item()
    return _power_iteration(layer, weight, tuple(input_size), tolerance, seed)


def _power_iteration(
    layer: Kernelled, weight: torch.Tensor, size: tuple[int, ...], tolerance: float, seed: int
) -> float:
    settings: Any = (layer.stride, layer.padding, layer.dilation, layer.groups)
    named: Any = {
        "operation": operation_of(layer),
        "anchor": getattr(layer, "anchor", "trail"),
        "padding_mode": layer.padding_mode,
    }
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(1, layer.in_channels, *size, dtype=weight.dtype, generator=generator).to(weight.device)
    estimate = 0.0
    for _ in range(10_000):
        y = conv_nd(x / x.norm(), weight, None, *settings, **named)
        previous, estimate = estimate, y.norm().item()
        if estimate == 0 or abs(estimate - previous) <= tolerance * estimate:
            break
        x = adjoint(y, weight, size, *settings, **named)
    return estimate


def _wrapped(weight: torch.Tensor, size: tuple[int, ...], dilation: tuple[int, ...]) -> torch.Tensor:
    """The kernel wrapped around the circle: taps beyond the end are added at the beginning."""
    for axis, (n, d) in enumerate(zip(size, dilation, strict=True), start=2):
        places = torch.arange(weight.shape[axis], device=weight.device) * d % n
        shape = [n if a == axis else m for a, m in enumerate(weight.shape)]
        weight = weight.new_zeros(shape).index_add(axis, places, weight)
    return weight
