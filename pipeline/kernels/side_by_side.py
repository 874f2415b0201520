"""The weight gradient of narrow maps, with several images laid side by side in one row.

oneDNN's kernel for AMX multiplies one output row at a time and pads it to 32 pixels (init_conf_bwd_w in
jit_brgemm_conv_utils.cpp), so 7 pixels fill a quarter of a tile. Images side by side, with a column of zeros after
each, have the same gradient: at a zero column one of the two factors is zero.
"""

from torch import Tensor

from pipeline.kernels.convolution import torch_gradients

# Pixels that a row is padded to, the share of them that must be filled, and the shortest row worth laying.
TILE, FILL, SHORTEST = 32, 0.93, 60
# From the next width on laying side by side costs more than it gains.
WIDEST = 8


def count_for(width: int) -> int:
    """How many images to lay in a row for maps of this width: the fewest that fill a long enough row's tiles."""
    pixels = ((count, count * (width + 1)) for count in range(2, TILE + 1))
    return next(count for count, row in pixels if row >= SHORTEST and row >= FILL * (-(-row // TILE) * TILE))


def weight_gradient(gradient: Tensor, images: Tensor, weight: Tensor, count: int) -> Tensor:
    """K x C x 3 x 3, of the outputs' gradient N x K x H x W and the images N x C x H x W; `count` images in a row."""
    return torch_gradients(rows(gradient, count), rows(images, count), weight, False, True)[1]


def rows(maps: Tensor, count: int) -> Tensor:
    """N x C x H x W to ceil(N / count) x C x H x count (W + 1), channels_last; what is added is zero."""
    n, channels, height, width = maps.shape
    groups = -(-n // count)
    laid = maps.new_empty(groups, height, count, width + 1, channels)
    laid[:, :, :, width] = 0
    pixels, whole = maps.permute(0, 2, 3, 1), n // count
    laid[:whole, :, :, :width] = pixels[: whole * count].unflatten(0, (whole, count)).transpose(1, 2)
    if whole < groups:
        rest = n - whole * count
        laid[whole, :, :rest, :width] = pixels[whole * count :].transpose(0, 1)
        laid[whole, :, rest:] = 0
    return laid.flatten(2, 3).permute(0, 3, 1, 2)
