"""TrivialAugment: one of fourteen operations per image, with a random strength (Müller, Hutter 2021, arXiv 2103.10158).

This is the paper's wide search space, on whole batches: each operation is applied to its part of the images, and every
image has its own strength. A GPU gets about two hundred small kernels per batch; nothing waits for it.

An operation takes pixels (float32 N x 3 x S x S, whole numbers from 0 to 255), levels and signs (float32
N x 1 x 1 x 1, from 0 to 1, and -1 or 1), and returns pixels from 0 to 255.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

from pipeline.data.augment import statistics, to_device
from pipeline.data.augment_settings import AugmentConfig

LEVELS = 31  # strengths, from none to an operation's greatest
GREY = (0.2989, 0.587, 0.114)


def trivial_augment(images: Tensor, config: AugmentConfig, draw: torch.Generator) -> Tensor:
    """Apply one operation each to a random share `trivial` of normalised images, float32 N x 3 x S x S.

    The images and strengths are drawn on the CPU, so they are the same on every device.
    """
    share, count = config.trivial, len(images)
    if not share:
        return images
    order = torch.randperm(count, generator=draw)[: round(share * count)]
    levels = torch.randint(LEVELS, (count,), generator=draw) / (LEVELS - 1)
    signs = 2.0 * torch.randint(2, (count,), generator=draw) - 1
    # In random order, so that with fewer images than operations it is not always the same ones that are left out.
    operations = [OPERATIONS[place] for place in torch.randperm(len(OPERATIONS), generator=draw)]
    order, levels, signs = (to_device(drawn, images.device) for drawn in (order, levels, signs))
    scale, shift = (part.view(3, 1, 1) for part in statistics(images.device))
    changed = images.clone()
    for part, operation in zip(order.tensor_split(len(operations)), operations, strict=True):
        if len(part):
            pixels = images[part].add_(shift).mul_(scale).round_()
            level, sign = (drawn[part].view(-1, 1, 1, 1) for drawn in (levels, signs))
            changed[part] = operation(pixels, level, sign).div(scale).sub_(shift)
    return changed


def identity(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Return the pixels unchanged."""
    return pixels


def affine(pixels: Tensor, xx, xy, x, yx, yy, y) -> Tensor:
    """An affine transform: the pixel at (u, v), counted from the centre, is that at (xx u + xy v + x, yx u + yy v + y).

    Nearest neighbour; black outside. The six are numbers, or tensors with one number per image.
    """
    half = pixels.shape[-1] / 2
    zero = pixels.new_zeros(len(pixels), 1, 1, 1)
    # torch's unit is half an image.
    entries = [zero + entry for entry in (xx, xy, x / half, yx, yy, y / half)]
    matrices = torch.cat(entries, dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrices, list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, mode="nearest", padding_mode="zeros", align_corners=False)


def shear_x(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Shear horizontally, by up to 0.99 pixels per row."""
    slope = 0.99 * level * sign
    return affine(pixels, 1, slope, slope * (pixels.shape[-1] / 2), 0, 1, 0)


def shear_y(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Shear vertically, by up to 0.99 pixels per column."""
    slope = 0.99 * level * sign
    return affine(pixels, 1, 0, 0, slope, 1, slope * (pixels.shape[-1] / 2))


def translate_x(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Translate horizontally by up to 32 pixels, which empties a CIFAR-10 image."""
    return affine(pixels, 1, 0, -(32 * level).floor() * sign, 0, 1, 0)


def translate_y(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Translate vertically by up to 32 pixels, which empties a CIFAR-10 image."""
    return affine(pixels, 1, 0, 0, 0, 1, -(32 * level).floor() * sign)


def rotate(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Rotate about the centre by up to 135 degrees."""
    angle = math.radians(135) * level * sign
    sine, cosine = angle.sin(), angle.cos()
    return affine(pixels, cosine, -sine, 0, sine, cosine, 0)


def blend(pixels: Tensor, other: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Interpolate between `other` (near -0.99) and the image (0), or extrapolate beyond it (up to 0.99)."""
    return torch.lerp(other.expand_as(pixels), pixels, 1 + 0.99 * level * sign).clamp_(0, 255)


def grey(pixels: Tensor) -> Tensor:
    """Luminance, N x 1 x S x S."""
    red, green, blue = pixels.split(1, dim=1)
    return GREY[0] * red + GREY[1] * green + GREY[2] * blue


def brightness(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Blend with black: darker or brighter."""
    return blend(pixels, torch.zeros_like(pixels), level, sign)


def colour(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Blend with the grey image: less or more saturated."""
    return blend(pixels, grey(pixels), level, sign)


def contrast(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Blend with the mean luminance: less or more contrast."""
    return blend(pixels, grey(pixels).mean(dim=(2, 3), keepdim=True), level, sign)


def sharpness(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Blend with the smoothed image: blurred or sharpened; the outermost pixels, with too few neighbours, are kept."""
    around = 9 * F.avg_pool2d(pixels, 3, stride=1)
    smooth = pixels.clone()
    smooth[..., 1:-1, 1:-1] = (around + 4 * pixels[..., 1:-1, 1:-1]) / 13
    return blend(pixels, smooth, level, sign)


def posterize(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Keep only the highest 8 to 2 bits of each value."""
    step = torch.exp2((6 * level).round())
    return pixels.div(step).floor_().mul_(step)


def solarize(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Invert all values from a threshold on; the threshold falls from 255 to 0."""
    return torch.where(pixels >= 255 * (1 - level), 255 - pixels, pixels)


def autocontrast(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Stretch the values of each channel to 0 to 255; a constant channel is kept."""
    low, high = pixels.amin((2, 3), keepdim=True), pixels.amax((2, 3), keepdim=True)
    stretched = (pixels - low) * (255 / (high - low).clamp(min=1))
    return torch.where(high > low, stretched, pixels)


def equalize(pixels: Tensor, level: Tensor, sign: Tensor) -> Tensor:
    """Equalise the histogram of each channel."""
    return tv.equalize(pixels.to(torch.uint8)).to(pixels.dtype)


OPERATIONS = (
    identity, shear_x, shear_y, translate_x, translate_y, rotate, brightness, colour, contrast, sharpness, posterize,
    solarize, autocontrast, equalize,
)  # fmt: skip
