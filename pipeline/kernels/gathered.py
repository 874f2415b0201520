"""The weight gradient as one matrix product; each row of the matrix holds the 3 x 3 inputs of an output (im2col)."""

import torch.nn.functional as F
from torch import Tensor

# The matrix takes nine times the memory of the images, so this is only for small maps.
MOST_PIXELS = 81


def weight_gradient(gradient: Tensor, images: Tensor, weight: Tensor) -> Tensor:
    """The weight gradient K x C x 3 x 3 from the output gradient N x K x H x W and the images N x C x H x W."""
    outputs, channels = weight.shape[:2]
    # The transposed factor is made contiguous, as a product with a transposed view is slower.
    left = gradient.permute(1, 0, 2, 3).reshape(outputs, -1).contiguous()
    return (left @ windows(images)).view(outputs, 3, 3, channels).permute(0, 3, 1, 2)


def windows(images: Tensor) -> Tensor:
    """N x C x H x W to N H W x 9 C: the pixels of each 3 x 3 window, row by row, with zeros around the image."""
    n, channels, height, width = images.shape
    padded = F.pad(images.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1)).contiguous()
    by_image, by_row, by_column, _ = padded.stride()
    # Three neighbours of a row are adjacent in memory.
    view = padded.as_strided((n, height, width, 3, 3 * channels), (by_image, by_row, by_column, by_row, 1))
    return view.reshape(n * height * width, 9 * channels)
