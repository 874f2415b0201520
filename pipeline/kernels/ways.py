"""The ways to compute a convolution, by name, and which of them can compute a layer."""

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
    """A 3x3 'same' convolution of maps of one size; the fastest way depends on it."""

    inputs: int
    outputs: int
    height: int
    width: int
    pooled: bool = False
    """Whether 2x2 max-pooling follows, which a way can include."""

    def __str__(self) -> str:
        return f"{self.inputs}->{self.outputs} {self.height}x{self.width}{' pooled' if self.pooled else ''}"


@dataclass(frozen=True)
class Way:
    """A way to compute a layer in training."""

    name: str
    run: Callable[[Tensor, Tensor], Tensor]
    """Images and weight to outputs, with both gradients."""
    pools: bool = False
    """Whether the outputs are already max-pooled."""


def way(name: str) -> Way | None:
    """The way of a name from `names`; None for torch's own. Raises ValueError for another name."""
    kind, _, count = name.partition(":")
    if name == TORCH:
        return None
    if name == "winograd":
        return Way(name, winograd.conv)
    if name == "winograd_pooled":
        return Way(name, winograd.conv_max_pool, pools=True)
    if name == "dense":
        return Way(name, partial(in_one_type, dense.convolve))
    if name == "gathered":
        return Way(name, partial(in_one_type, partial(convolve, weight_gradient=gathered.weight_gradient)))
    if kind == "side_by_side" and count.isdecimal() and 2 <= int(count) <= side_by_side.TILE:
        gradient = partial(side_by_side.weight_gradient, count=int(count))
        return Way(name, partial(in_one_type, partial(convolve, weight_gradient=gradient)))
    raise ValueError(f"there is no way {name!r}")


def names(shape: Shape, dtype: torch.dtype) -> list[str]:
    """The names of ways that can compute the shape and might be faster in this type, torch's own first."""
    pixels, half = shape.height * shape.width, dtype.itemsize < 4
    found = [TORCH]
    if half and shape.width <= side_by_side.WIDEST:  # only kernels for 16-bit types have tiles to fill
        found.append(f"side_by_side:{side_by_side.count_for(shape.width)}")
    if pixels <= gathered.MOST_PIXELS:
        found.append("gathered")
    if pixels <= dense.MOST_PIXELS:
        found.append("dense")
    # In a 16-bit type it was faster only together with the pooling; the range of float16 is too small for it.
    fits = dtype != torch.float16 and (shape.pooled or not half) and pixels <= winograd.MOST_PIXELS[half]
    if fits and min(shape.height, shape.width) >= 2:
        found.append("winograd_pooled" if shape.pooled else "winograd")
    return found


def in_one_type(run: Callable[[Tensor, Tensor], Tensor], images: Tensor, weight: Tensor) -> Tensor:
    """Run with both in autocast's type if autocast is on, as torch's convolution does."""
    kind = images.device.type
    if torch.is_autocast_enabled(kind):
        dtype = torch.get_autocast_dtype(kind)
        images, weight = images.to(dtype), weight.to(dtype)
    with torch.autocast(kind, enabled=False):
        return run(images, weight)
