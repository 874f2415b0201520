"""Padding as an index map: which input sample stands at each padded place.

`pad` uses torch's kernels; `source_indices` is the same map written out, for the adjoint (its transpose), the matrix
form and scipy's `symm`, which torch does not have.
"""

import torch
import torch.nn.functional as F

from .errors import ConvolutionError
from .geometry import Geometry

OUTSIDE = -1


def pad(x: torch.Tensor, geometry: Geometry) -> torch.Tensor:
    """The input (N, C, *spatial) with its padding; `ConvolutionError` if a mode would wrap more than once."""
    if not any(map(any, geometry.pads)):
        return x
    check_wraps(x.shape[2:], geometry)
    flat = [amount for pair in reversed(geometry.pads) for amount in pair]
    return F.pad(x, flat, mode="constant" if geometry.padding_mode == "zeros" else geometry.padding_mode)


def check_wraps(size: tuple[int, ...], geometry: Geometry) -> None:
    """Raise `ConvolutionError` if reflect or circular padding needs more samples than the input has."""
    spare = {"reflect": 1, "circular": 0}.get(geometry.padding_mode)
    if spare is not None and any(max(pair) > n - spare for n, pair in zip(size, geometry.pads, strict=True)):
        raise ConvolutionError(
            f"{geometry.padding_mode} padding {geometry.pads} wraps more than once around the input {tuple(size)}: "
            f"pad at most {tuple(n - spare for n in size)}, or use padding_mode='replicate' or 'zeros'"
        )


def source_indices(size: int, before: int, after: int, mode: str) -> torch.Tensor:
    """The input index (int64) at each of the `before + size + after` padded places; OUTSIDE if there is none.

    `mode` is a padding mode of torch, or scipy's "symmetric", which repeats the edge sample (cba|abc|cba).
    """
    places = torch.arange(-before, size + after)
    if mode == "zeros":
        return torch.where((places >= 0) & (places < size), places, OUTSIDE)
    if mode == "replicate":
        return places.clamp(0, size - 1)
    if mode == "circular":
        return places % size
    # A mirror has a period: 2n with the edge repeated, 2n - 2 without it.
    repeated = mode == "symmetric"
    period = max(2 * size - 2 * (not repeated), 1)
    folded = places % period
    return torch.where(folded < size, folded, period - repeated - folded)


def pad_transpose(gradient: torch.Tensor, size: tuple[int, ...], geometry: Geometry) -> torch.Tensor:
    """(padding)^T: the padded gradient (N, C, *padded) summed back onto the input places (N, C, *size)."""
    for axis, (n, (before, after)) in enumerate(zip(size, geometry.pads, strict=True), start=2):
        if geometry.padding_mode == "zeros":
            gradient = gradient.narrow(axis, before, n)
            continue
        sources = source_indices(n, before, after, geometry.padding_mode).to(gradient.device)
        empty = gradient.new_zeros([n if a == axis else m for a, m in enumerate(gradient.shape)])
        gradient = empty.index_add(axis, sources, gradient)
    return gradient
