"""The convolution of tiny maps as one matrix product, of all input pixels to all output pixels of an image."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# The matrix has one row per number of an image; for 3 x 3 maps it took two to four times as long as gathered rows.
MOST_PIXELS = 4


def convolve(images: Tensor, weight: Tensor) -> Tensor:
    """conv2d(images, weight, padding=1) of N x C x H x W and K x C x 3 x 3 of the same type; channels_last."""
    return _Dense.apply(images, weight)


class _Dense(torch.autograd.Function):
    @staticmethod
    def forward(ctx, images: Tensor, weight: Tensor) -> Tensor:
        size = images.shape[2:]
        pixels, matrix = images.permute(0, 2, 3, 1).flatten(1), spread(weight, *size)
        ctx.save_for_backward(pixels, matrix)
        ctx.size, ctx.shape = size, weight.shape
        return as_maps(pixels @ matrix, size)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        pixels, matrix = ctx.saved_tensors
        flat = gradient.permute(0, 2, 3, 1).flatten(1)
        wants_images, wants_weight = ctx.needs_input_grad
        images = as_maps(flat @ matrix.T, ctx.size) if wants_images else None
        weight = gather(pixels.T.contiguous() @ flat, ctx.shape, *ctx.size) if wants_weight else None
        return images, weight


def as_maps(flat: Tensor, size: tuple[int, int]) -> Tensor:
    """N x (H W C) to N x C x H x W."""
    return flat.unflatten(1, (*size, -1)).permute(0, 3, 1, 2)


def taps(length: int, device: torch.device) -> Tensor:
    """Which of the 3 taps connects each input to each output of a line, flattened; 3 for none."""
    place = torch.arange(length, device=device)
    tap = place[:, None] - place[None, :] + 1
    return torch.where((tap < 0) | (tap > 2), 3, tap).flatten()


def spread(weight: Tensor, height: int, width: int) -> Tensor:
    """K x C x 3 x 3 to (H W C) x (H W K): the matrix of the convolution, inputs by outputs."""
    outputs, channels = weight.shape[:2]
    table = weight.new_zeros(4, 4, channels, outputs)
    table[:3, :3] = weight.permute(2, 3, 1, 0)
    blocks = table[taps(height, weight.device)][:, taps(width, weight.device)]
    blocks = blocks.view(height, height, width, width, channels, outputs)
    return blocks.permute(0, 2, 4, 1, 3, 5).reshape(height * width * channels, -1)


def gather(matrix: Tensor, shape: torch.Size, height: int, width: int) -> Tensor:
    """The transpose of `spread`: (H W C) x (H W K) to the weight's shape, summed in float32 or finer."""
    outputs, channels = shape[:2]
    parts = matrix.view(height, width, channels, height, width, outputs).permute(0, 3, 1, 4, 2, 5)
    parts = parts.reshape(height * height, width * width, channels, outputs)
    parts = parts.to(torch.promote_types(matrix.dtype, torch.float32))
    rows = parts.new_zeros(4, *parts.shape[1:]).index_add_(0, taps(height, matrix.device), parts)
    table = rows.new_zeros(4, 4, channels, outputs).index_add_(1, taps(width, matrix.device), rows)
    return table[:3, :3].permute(3, 2, 0, 1).to(matrix.dtype)
