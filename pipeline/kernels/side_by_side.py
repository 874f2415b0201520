"""The weight gradient of narrow maps, with several images side by side in one row.

oneDNN's kernel for AMX multiplies one output row at a time and pads it to 32 pixels (init_conf_bwd_w in
jit_brgemm_conv_utils.cpp), so 7 pixels fill a quarter of a tile. Images side by side, each followed by a column of
zeros, have the same gradient, since every product with a zero column is zero.
"""

from torch import Tensor

from pipeline.kernels.convolution import torch_gradients

# The pixels to which a row is padded, the share of them that must be filled, and the shortest row that pays.
TILE, FILL, SHORTEST = 32, 0.93, 60
# For wider maps it costs more than it gains.
WIDEST = 8


def images_per_row(width: int) -> int:
    """How many images of this width to put in a row: the fewest that fill the tiles of a row that is long enough."""
    pixels = ((count, count * (width + 1)) for count in range(2, TILE + 1))
    return next(count for count, row in pixels if row >= SHORTEST and row >= FILL * (-(-row // TILE) * TILE))


def weight_gradient(gradient: Tensor, images: Tensor, weight: Tensor, count: int) -> Tensor:
    """The weight gradient K x C x 3 x 3 from gradient N x K x H x W and images N x C x H x W, `count` per row."""
    return torch_gradients(rows(gradient, count), rows(images, count), weight, False, True)[1]


def rows(maps: Tensor, count: int) -> Tensor:
    """N x C x H x W to ceil(N / count) x C x H x count (W + 1), channels_last, padded with zeros."""
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
