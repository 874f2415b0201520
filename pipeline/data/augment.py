"""Whole-batch augmentation on the training device: flip, translate, cutout, jitter, shrink, mixup, cutmix.

All randomness depends only on (seed, epoch, image) or (seed, step), so a resumed run sees
the same batches. The mean and standard deviation are those of CIFAR-10's 50,000 training images.
"""

import functools

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Gamma

from pipeline.data.augment_settings import AugmentConfig

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


@functools.cache
def statistics(device: torch.device) -> tuple[Tensor, Tensor]:
    """255 x deviation, and mean / deviation, of the three channels: float32, copied to a device once."""
    with torch.inference_mode(False):
        mean, deviation = torch.tensor(MEAN, device=device), torch.tensor(STD, device=device)
        return deviation * 255, mean / deviation


def to_device(drawn: Tensor, device: torch.device) -> Tensor:
    """Copy numbers from the CPU to a device, without waiting for a GPU."""
    return drawn.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else drawn.to(device)


def normalise(images_nhwc: Tensor) -> Tensor:
    """uint8 N x H x W x 3 to float32 N x 3 x H x W with zero mean and unit variance, in channels_last memory format."""
    scale, shift = statistics(images_nhwc.device)
    return images_nhwc.to(torch.float32).div_(scale).sub_(shift).permute(0, 3, 1, 2)


def reflect_pad(images_nhwc: Tensor, pad: int) -> Tensor:
    """Pad by reflection, `pad` pixels on every side (the border pixel itself is not repeated)."""
    if pad == 0:
        return images_nhwc
    size = images_nhwc.shape[1]
    inside = torch.arange(-pad, size + pad, device=images_nhwc.device).abs()
    inside = torch.where(inside >= size, 2 * (size - 1) - inside, inside)
    return images_nhwc[:, inside][:, :, inside]


def crop(padded_nhwc: Tensor, rows: Tensor, top: Tensor, left: Tensor, flip: Tensor, size: int) -> Tensor:
    """Images `rows` of the padded set, cropped at (top, left), flipped if `flip`; one gather does all three."""
    steps = torch.arange(size, device=padded_nhwc.device)
    y = top[:, None] + steps
    x = left[:, None] + torch.where(flip[:, None], size - 1 - steps, steps)
    return padded_nhwc[rows[:, None, None], y[:, :, None], x[:, None, :]]


def cutout(images_nchw: Tensor, side: int, y: Tensor, x: Tensor) -> Tensor:
    """Set the `side` x `side` square at (y, x) of each normalised image to the mean, zero."""
    steps = torch.arange(images_nchw.shape[-1], device=images_nchw.device)
    rows = (steps >= y[:, None]) & (steps < y[:, None] + side)
    columns = (steps >= x[:, None]) & (steps < x[:, None] + side)
    return images_nchw.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def jitter(images_nchw: Tensor, config: AugmentConfig, draw: torch.Generator) -> Tensor:
    """Normalised images, each with a random brightness and contrast, the same for its three channels."""
    if not config.brightness and not config.contrast:
        return images_nchw
    shift, scale = to_device(2 * torch.rand(2, len(images_nchw), 1, 1, 1, generator=draw) - 1, images_nchw.device)
    return images_nchw.add(config.brightness * shift).mul_(1 + config.contrast * scale)


def resize(images_nchw: Tensor, size: int) -> Tensor:
    """Shrink by antialiased bilinear interpolation; images of this size are returned unchanged."""
    if images_nchw.shape[-1] == size:
        return images_nchw
    return F.interpolate(images_nchw, size=(size, size), mode="bilinear", antialias=True, align_corners=False)


def center_crop(images_nchw: Tensor, size: int) -> Tensor:
    """The central `size` x `size` crop, in channels_last memory format; `size` is at most that of the images.

    Training on crops and predicting on whole images: Touvron et al. 2019, arXiv 1906.06423, "train low, test high".
    """
    start = (images_nchw.shape[-1] - size) // 2
    if start < 0:
        raise ValueError(f"augment.resolutions crops {size} pixels of images of {images_nchw.shape[-1]}")
    cut = images_nchw[..., start : start + size, start : start + size]
    return cut.contiguous(memory_format=torch.channels_last)


SHRINK = {"resize": resize, "crop": center_crop}


def mix(images: Tensor, labels: Tensor, config: AugmentConfig, classes: int, draw: torch.Generator):
    """Mixup or cutmix of a batch with itself in another order. Returns (images, targets).

    Targets are probabilities, N x classes, if the recipe mixes at all, otherwise the N labels.
    """
    kinds = [kind for kind in ("mixup", "cutmix") if getattr(config, kind) > 0]
    if not kinds:
        return images, labels
    one_hot = F.one_hot(labels, classes).float()
    if torch.rand((), generator=draw) >= config.mix_share:
        return images, one_hot
    kind = kinds[int(torch.randint(len(kinds), (), generator=draw))]
    share = beta(getattr(config, kind), draw)
    order = to_device(torch.randperm(len(images), generator=draw), images.device)
    if kind == "mixup":
        images = share * images + (1 - share) * images[order]
    else:
        images, share = paste(images, images[order], share, draw)
    return images, share * one_hot + (1 - share) * one_hot[order]


def beta(alpha: float, draw: torch.Generator) -> float:
    """A sample of Beta(alpha, alpha), from two Gamma samples."""
    with torch.random.fork_rng(devices=[]):  # torch's distributions use only the global generator
        torch.set_rng_state(draw.get_state())
        a, b = Gamma(torch.tensor([alpha, alpha], dtype=torch.float64), 1.0).sample().tolist()
        draw.set_state(torch.get_rng_state())
    return a / (a + b)


def paste(images: Tensor, others: Tensor, share: float, draw: torch.Generator) -> tuple[Tensor, float]:
    """Paste a rectangle with area 1 - share from `others` into `images`; return them and the exact share that stays."""
    size = images.shape[-1]
    side = round(size * (1 - share) ** 0.5)
    y, x = (int(v) for v in torch.randint(size, (2,), generator=draw))
    top, bottom = max(0, y - side // 2), min(size, y - side // 2 + side)
    left, right = max(0, x - side // 2), min(size, x - side // 2 + side)
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = others[:, :, top:bottom, left:right]
    return mixed, 1 - (bottom - top) * (right - left) / size**2
