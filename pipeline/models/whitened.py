"""The fast network: a frozen whitening convolution, Dirac-initialised blocks, few operations per image.

The design follows airbench (Jordan 2024, arXiv 2404.00498): a 2x2 convolution whitens patches,
so that the first trained layer gets decorrelated input; every 3x3 convolution is initialised as the
identity on its input channels; pooling comes before normalisation, where it is cheapest.
"""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.kernels.layers import convolve_and_max_pool
from pipeline.models.settings import WhitenedConfig

WHITENING_KERNEL = 2
WHITENING_CHANNELS = 2 * 3 * WHITENING_KERNEL**2  # each eigenvector and its negative


class DiracConv2d(nn.Conv2d):
    """A 3x3 'same' convolution without bias, whose first filters are initialised as the identity."""

    pooled = False
    """Whether max-pooling follows, which a kernel can include."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=3, padding=1, bias=False)

    def reset_parameters(self) -> None:
        """Uniform noise as in nn.Conv2d, then a Dirac delta on the first `in_channels` filters."""
        super().reset_parameters()
        nn.init.dirac_(self.weight.data[: self.in_channels])


class BatchNorm(nn.BatchNorm2d):
    """BatchNorm with a trained bias and a frozen scale of one; its network counts the batches, of all norms at once."""

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__(channels, eps=1e-12, momentum=momentum)
        self.weight.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        tracked = self.track_running_stats or not self.training
        mean, variance = (self.running_mean, self.running_var) if tracked else (None, None)
        return F.batch_norm(x, mean, variance, self.weight, self.bias, self.training, self.momentum or 0.0, self.eps)


class Block(nn.Module):
    """conv, pool, norm, GELU, then conv, norm, GELU; with depth 3 once more, and a residual sum."""

    def __init__(self, in_channels: int, out_channels: int, config: WhitenedConfig) -> None:
        super().__init__()
        momentum = config.norm_momentum
        self.conv1 = DiracConv2d(in_channels, out_channels)
        self.conv1.pooled = True
        self.norm1 = BatchNorm(out_channels, momentum)
        self.conv2 = DiracConv2d(out_channels, out_channels)
        self.norm2 = BatchNorm(out_channels, momentum)
        self.activation = nn.GELU()
        self.deep = config.depth == 3
        if self.deep:
            self.conv3 = DiracConv2d(out_channels, out_channels)
            self.norm3 = BatchNorm(out_channels, momentum)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.norm1(convolve_and_max_pool(self.conv1, x)))
        y = self.activation(self.norm2(self.conv2(x)))
        if self.deep:
            y = self.activation(self.norm3(self.conv3(y)) + x)
        return y


class WhitenedNet(nn.Module):
    """Images N x 3 x H x W (H, W >= 24) to logits N x classes; call `initialise_from` before training."""

    def __init__(self, config: WhitenedConfig, classes: int = 10) -> None:
        super().__init__()
        self.whiten = nn.Conv2d(3, WHITENING_CHANNELS, WHITENING_KERNEL)
        self.whiten.weight.requires_grad_(False)
        nn.init.zeros_(self.whiten.bias)
        widths = (WHITENING_CHANNELS, *config.widths)
        self.blocks = nn.Sequential(*(Block(a, b, config) for a, b in itertools.pairwise(widths)))
        self.norms = tuple(part for part in self.blocks.modules() if isinstance(part, BatchNorm))
        self.head = nn.Linear(config.widths[-1], classes, bias=False)
        self.head.weight.data /= self.head.weight.data.std()
        self.scale = config.head_scale / config.widths[-1]
        self.activation = nn.GELU()

    def initialise_from(self, images: Tensor) -> None:
        """Set the whitening filters from normalised images N x 3 x H x W (a few thousand are enough)."""
        filters = whitening_filters(images)
        # A layer that flips its kernels gets flipped ones, so that it whitens in the same way.
        turned = getattr(self.whiten, "operation", "cross_correlation") == "convolution"
        self.whiten.weight.data.copy_(filters.flip(2, 3) if turned else filters)

    def early_parameters(self) -> list[nn.Parameter]:
        """The bias of the whitening layer, whose gradient costs most of all."""
        return [self.whiten.bias] if self.whiten.bias is not None else []

    def forward(self, images: Tensor) -> Tensor:
        learning = [norm for norm in self.norms if norm.training and norm.track_running_stats]
        counters = [norm.num_batches_tracked for norm in learning if norm.num_batches_tracked is not None]
        if counters:
            torch._foreach_add_(counters, 1)
        x = self.blocks(self.activation(self.whiten(images)))
        return self.head(x.amax(dim=(2, 3))) * self.scale


def whitening_filters(images: Tensor, eps: float = 5e-4) -> Tensor:
    """Filters, 2CK^2 x C x K x K, that whiten the K x K patches of images N x C x H x W, and their negatives.

    Each filter is an eigenvector of the second-moment matrix of the patches, divided by the root of its
    eigenvalue plus eps (Coates and Ng 2012); the largest eigenvalue comes first. The sign of an
    eigenvector is arbitrary, so both signs are used.
    """
    size, channels = WHITENING_KERNEL, images.shape[1]
    patches = torch.nn.functional.unfold(images.float(), size).transpose(1, 2).reshape(-1, channels * size * size)
    values, vectors = torch.linalg.eigh(patches.T.double() @ patches.double() / len(patches))
    filters = (vectors / (values + eps).sqrt()).T.flip(0).reshape(-1, channels, size, size).float()
    return torch.cat([filters, -filters])
