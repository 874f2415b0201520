"""A 3x3 convolution, alone or followed by 2x2 max-pooling, by Winograd's F(2x2, 3x3).

Four outputs of a 3x3 filter cost 36 multiplications directly and 16 here (Lavin and Gray 2016, "Fast Algorithms for
Convolutional Neural Networks", arXiv 1509.09308). The four are one pooling window; windows that pooling drops are never
computed. The forward pass and both gradients consist of 16 matrix products over channels between two transforms, which
only add. It pays on a CPU for many channels and few pixels; libraries for GPUs include it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

# The largest maps for which it is tried, in a 16-bit type and in float32, where multiplications dominate.
MOST_PIXELS = {True: 81, False: 256}

# The filter transform. Its last row, and so that of the output transform, has the opposite sign of the paper's, which
# saves negations.
FILTER = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.0, 0.0, -1.0))


def conv(images: Tensor, weight: Tensor) -> Tensor:
    """conv2d(images, weight, padding=1), up to rounding.

    Maps images N x C x H x W and weight K x C x 3 x 3, in types with at least the range of float32, to N x K x H x W in
    the images' type, channels_last; under autocast, in autocast's type. As the transforms add pixels, an infinite pixel
    makes its neighbours NaN too.
    """
    return _under_autocast(_Conv, images, weight)


def conv_max_pool(images: Tensor, weight: Tensor) -> Tensor:
    """max_pool2d(conv(images, weight), 2) of images with H, W >= 2, to N x K x H//2 x W//2.

    If several outputs are largest, the first one gets the gradient.
    """
    return _under_autocast(_ConvMaxPool, images, weight)


def _under_autocast(function: type[torch.autograd.Function], images: Tensor, weight: Tensor) -> Tensor:
    kind = images.device.type
    if torch.is_autocast_enabled(kind):
        images = images.to(torch.get_autocast_dtype(kind))
    with torch.autocast(kind, enabled=False):
        return function.apply(images, weight)


def _products(ctx, images: Tensor, weight: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor, Tensor]:
    """The 4 x 4 products of tiles and filters for this many windows; also the tiles and filters, for backward."""
    ctx.windows, ctx.size, ctx.weight_dtype = (len(images), rows, columns), images.shape[2:], weight.dtype
    tiles = input_tiles(images.permute(0, 2, 3, 1), rows, columns).flatten(2, 4).flatten(0, 1)
    filters = filter_tiles(weight).to(images.dtype)
    return torch.bmm(tiles, filters).unflatten(0, (4, 4)), tiles, filters


def _gradients(ctx, windows: list[Tensor], tiles: Tensor, filters: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """The gradients of images and weight from those of the windows: the transposed steps of forward, in reverse."""
    products = output_windows_adjoint(windows).flatten(0, 1)
    images = weight = None
    if ctx.needs_input_grad[0]:
        moved = torch.bmm(products, filters.transpose(1, 2)).unflatten(0, (4, 4)).unflatten(2, ctx.windows)
        images = input_tiles_adjoint(moved, *ctx.size).permute(0, 3, 1, 2)
    if ctx.needs_input_grad[1]:
        weight = filter_tiles_adjoint(torch.bmm(tiles.transpose(1, 2), products).to(ctx.weight_dtype))
    return images, weight


class _Conv(torch.autograd.Function):
    @staticmethod
    def forward(ctx, images: Tensor, weight: Tensor) -> Tensor:
        height, width = images.shape[2:]
        products, *kept = _products(ctx, images, weight, -(-height // 2), -(-width // 2))
        ctx.save_for_backward(*kept)
        return join_windows(output_windows(products), ctx.windows, height, width).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        return _gradients(ctx, split_windows(gradient.permute(0, 2, 3, 1), ctx.windows), *ctx.saved_tensors)


class _ConvMaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx, images: Tensor, weight: Tensor) -> Tensor:
        """Keeps the transformed images and filters, and where each window is largest."""
        products, *kept = _products(ctx, images, weight, images.shape[2] // 2, images.shape[3] // 2)
        pooled, places = largest(output_windows(products))
        ctx.save_for_backward(*kept, *places)
        return pooled.unflatten(0, ctx.windows).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        tiles, filters, *places = ctx.saved_tensors
        windows = largest_adjoint(gradient.permute(0, 2, 3, 1).flatten(0, 2), places)
        return _gradients(ctx, windows, tiles, filters)


# Tiles have 4 x 4 (column, row) as first axes: rows are transformed first, and each transform adds an axis in front.


def filter_tiles(weight: Tensor) -> Tensor:
    """K x C x 3 x 3 to 16 x C x K."""
    transform = weight.new_tensor(FILTER)
    return torch.einsum("ai,bj,kcij->back", transform, transform, weight).flatten(0, 1)


def filter_tiles_adjoint(gradient: Tensor) -> Tensor:
    """The transpose of `filter_tiles`: 16 x C x K to K x C x 3 x 3."""
    transform = gradient.new_tensor(FILTER)
    return torch.einsum("ai,bj,back->kcij", transform, transform, gradient.unflatten(0, (4, 4)))


def input_tiles(images: Tensor, rows: int, columns: int) -> Tensor:
    """N x H x W x C to 4 x 4 x N x rows x columns x C: the 4 x 4 pixels of each window, zero-padded, transformed."""
    n, height, width, channels = images.shape
    padded = images.new_zeros(n, 2 * rows + 2, 2 * columns + 2, channels)
    padded[:, 1 : height + 1, 1 : width + 1] = images
    return differences(differences(padded, 1), 3)


def input_tiles_adjoint(tiles: Tensor, height: int, width: int) -> Tensor:
    """The transpose of `input_tiles`: back to N x height x width x C."""
    padded = differences_adjoint(differences_adjoint(tiles, 3), 1)
    return padded[:, 1 : height + 1, 1 : width + 1].contiguous()


def differences(pixels: Tensor, axis: int) -> Tensor:
    """d0 - d2, d1 + d2, d2 - d1, d1 - d3 of the four pixels from each even position of `axis`, stacked in front."""
    even, odd = pixels.unflatten(axis, (-1, 2)).unbind(axis + 1)
    count = even.shape[axis] - 1
    d0, d2 = even.narrow(axis, 0, count), even.narrow(axis, 1, count)
    d1, d3 = odd.narrow(axis, 0, count), odd.narrow(axis, 1, count)
    return stack((d0, d2, -1), (d1, d2, 1), (d2, d1, -1), (d1, d3, -1))


def differences_adjoint(tiles: Tensor, axis: int) -> Tensor:
    """The transpose of `differences`: `axis` gets 2 more than twice as many positions."""
    t0, t1, t2, t3 = tiles
    count = t0.shape[axis]
    shape = list(t0.shape)
    shape[axis : axis + 1] = [count + 1, 2]
    pixels = t0.new_empty(shape)
    even, odd = pixels.unbind(axis + 1)
    # Each position is d0 or d1 of one window and d2 or d3 of the previous one; at the ends it is only one of them.
    torch.add(t1, t2, out=even.narrow(axis, 1, count)).sub_(t0)
    even.narrow(axis, 1, count - 1).add_(t0.narrow(axis, 1, count - 1))
    even.select(axis, 0).copy_(t0.select(axis, 0))
    torch.sub(t1, t2, out=odd.narrow(axis, 0, count)).add_(t3)
    odd.narrow(axis, 1, count - 1).sub_(t3.narrow(axis, 0, count - 1))
    torch.neg(t3.select(axis, count - 1), out=odd.select(axis, count))
    return pixels.flatten(axis, axis + 1)


def stack(*sums: tuple[Tensor, Tensor, int]) -> Tensor:
    """a + factor b of each triple, in one new tensor."""
    whole = sums[0][0].new_empty(len(sums), *sums[0][0].shape)
    for place, (a, b, factor) in zip(whole, sums, strict=True):
        torch.add(a, b, alpha=factor, out=place)
    return whole


def output_windows(products: Tensor) -> list[Tensor]:
    """4 x 4 x T x K to the four outputs of each window, T x K each, row by row."""
    left, right = pair(products)
    (top_left, bottom_left), (top_right, bottom_right) = pair(left), pair(right)
    return [top_left, top_right, bottom_left, bottom_right]


def pair(m: Tensor) -> tuple[Tensor, Tensor]:
    """m0 + m1 + m2 and m1 - m2 + m3 along the first axis."""
    return (m[0] + m[1]).add_(m[2]), (m[1] - m[2]).add_(m[3])


def output_windows_adjoint(windows: list[Tensor]) -> Tensor:
    """The transpose of `output_windows`."""
    top_left, top_right, bottom_left, bottom_right = windows
    products = top_left.new_empty(4, 4, *top_left.shape)
    for place, top, bottom in ((0, top_left, bottom_left), (3, top_right, bottom_right)):
        products[place, 0], products[place, 3] = top, bottom
        fill_between(products[place])
    fill_between(products)
    return products


def join_windows(windows: list[Tensor], shape: tuple[int, int, int], height: int, width: int) -> Tensor:
    """Arrange the four outputs of each of N x rows x columns windows as maps N x height x width x K."""
    n, rows, columns = shape
    maps = windows[0].new_empty(n, rows, 2, columns, 2, windows[0].shape[-1])
    for place, window in enumerate(windows):
        maps[:, :, place // 2, :, place % 2] = window.unflatten(0, shape)
    return maps.flatten(3, 4).flatten(1, 2)[:, :height, :width].contiguous()


def split_windows(maps: Tensor, shape: tuple[int, int, int]) -> list[Tensor]:
    """The transpose of `join_windows`."""
    _, rows, columns = shape
    _, height, width, channels = maps.shape
    if (height, width) != (2 * rows, 2 * columns):
        maps = F.pad(maps, (0, 0, 0, 2 * columns - width, 0, 2 * rows - height))
    parts = maps.unflatten(2, (columns, 2)).unflatten(1, (rows, 2))
    return [parts[:, :, i, :, j].reshape(-1, channels) for i in (0, 1) for j in (0, 1)]


def fill_between(m: Tensor) -> None:
    """The transpose of `pair`, with its gradients a in m0 and b in m3: sets m1 = a + b and m2 = a - b."""
    torch.add(m[0], m[3], out=m[1])
    torch.sub(m[0], m[3], out=m[2])


def largest(windows: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """The elementwise maximum of four tensors, and where the right and the lower ones are larger.

    Ties go to the first.
    """
    top_left, top_right, bottom_left, bottom_right = windows
    top, bottom = torch.maximum(top_left, top_right), torch.maximum(bottom_left, bottom_right)
    places = [top_right > top_left, bottom_right > bottom_left, bottom > top]
    return torch.maximum(top, bottom), places


def largest_adjoint(gradient: Tensor, places: list[Tensor]) -> list[Tensor]:
    """The gradient at the position of each maximum, zero elsewhere."""
    right_of_top, right_of_bottom, lower = places
    bottom = gradient * lower
    top = gradient - bottom
    top_right, bottom_right = top * right_of_top, bottom * right_of_bottom
    return [top - top_right, top_right, bottom - bottom_right, bottom_right]
