"""The algorithms for a convolution, by name, and which of them can compute a layer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from pipeline.kernels import dense, gathered, side_by_side, winograd
from pipeline.kernels.convolution import convolve

TORCH = "torch"


@dataclass(frozen=True)
class Shape:
    """A 3x3 'same' convolution of maps of one size; the fastest algorithm depends on it."""

    inputs: int
    outputs: int
    height: int
    width: int
    pooled: bool = False
    """Whether 2x2 max-pooling follows, which an algorithm can include."""

    def __str__(self) -> str:
        return f"{self.inputs}->{self.outputs} {self.height}x{self.width}{' pooled' if self.pooled else ''}"


@dataclass(frozen=True)
class Algorithm:
    """How a layer is computed in training."""

    name: str
    run: Callable[[Tensor, Tensor], Tensor]
    """Images and weight to outputs, with both gradients."""
    pools: bool = False
    """Whether the outputs are already max-pooled."""


def algorithm(name: str) -> Algorithm | None:
    """The algorithm of a name from `algorithm_names`; None for torch's own. Raises ValueError for another name."""
    kind, _, count = name.partition(":")
    if name == TORCH:
        return None
    if name == "winograd":
        return Algorithm(name, winograd.conv)
    if name == "winograd_pooled":
        return Algorithm(name, winograd.conv_max_pool, pools=True)
    if name == "dense":
        return Algorithm(name, partial(under_autocast, dense.convolve))
    if name == "gathered":
        return Algorithm(name, partial(under_autocast, partial(convolve, weight_gradient=gathered.weight_gradient)))
    if kind == "side_by_side" and count.isdecimal() and 2 <= int(count) <= side_by_side.TILE:
        gradient = partial(side_by_side.weight_gradient, count=int(count))
        return Algorithm(name, partial(under_autocast, partial(convolve, weight_gradient=gradient)))
    raise ValueError(f"there is no algorithm {name!r}")


def algorithm_names(shape: Shape, dtype: torch.dtype) -> list[str]:
    """The names of algorithms that can compute the shape and might be faster in this type, torch's own first."""
    pixels, half = shape.height * shape.width, dtype.itemsize < 4
    result = [TORCH]
    if half and shape.width <= side_by_side.WIDEST:  # only kernels for 16-bit types have tiles to fill
        result.append(f"side_by_side:{side_by_side.images_per_row(shape.width)}")
    if pixels <= gathered.MOST_PIXELS:
        result.append("gathered")
    if pixels <= dense.MOST_PIXELS:
        result.append("dense")
    # In a 16-bit type it was faster only together with the pooling; the range of float16 is too small for it.
    fits = dtype != torch.float16 and (shape.pooled or not half) and pixels <= winograd.MOST_PIXELS[half]
    if fits and min(shape.height, shape.width) >= 2:
        result.append("winograd_pooled" if shape.pooled else "winograd")
    return result


def under_autocast(run: Callable[[Tensor, Tensor], Tensor], images: Tensor, weight: Tensor) -> Tensor:
    """Run with both in autocast's type if autocast is on, as torch's convolution does."""
    kind = images.device.type
    if torch.is_autocast_enabled(kind):
        dtype = torch.get_autocast_dtype(kind)
        images, weight = images.to(dtype), weight.to(dtype)
    with torch.autocast(kind, enabled=False):
        return run(images, weight)
