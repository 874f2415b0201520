"""Wide residual networks: few layers, many channels (Zagoruyko and Komodakis 2016, arXiv 1605.07146)."""

import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.models.settings import WideResNetConfig

# Channels of the first convolution, and of the three groups for width 1.
STEM, GROUPS = 16, (16, 32, 64)


def convolution(in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """A 'same' convolution without bias, He-initialised by its outputs (arXiv 1502.01852)."""
    layer = nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


class Block(nn.Module):
    """Norm, ReLU, convolution, twice, plus the input (He et al. 2016, arXiv 1603.05027).

    If the shape changes, the input passes the first norm and ReLU, which both branches share, and a 1x1 convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = convolution(in_channels, out_channels, stride=stride)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = convolution(out_channels, out_channels)
        changes = stride != 1 or in_channels != out_channels
        self.shortcut = convolution(in_channels, out_channels, 1, stride) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(x))
        if self.shortcut is not None:
            x = self.shortcut(y)
        y = self.dropout(F.relu(self.norm2(self.conv1(y))))
        return x + self.conv2(y)


class WideResNet(nn.Module):
    """Images N x 3 x H x W to logits N x classes; the second and third group halve the resolution."""

    def __init__(self, config: WideResNetConfig, classes: int = 10) -> None:
        super().__init__()
        self.stem = convolution(3, STEM)
        blocks, channels = [], STEM
        for group, base in enumerate(GROUPS):
            for number in range((config.depth - 4) // 6):
                stride = 2 if group and not number else 1
                blocks.append(Block(channels, base * config.width, stride, config.dropout))
                channels = base * config.width
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(channels)
        self.head = nn.Linear(channels, classes)
        nn.init.zeros_(self.head.bias)

    def forward(self, images: Tensor) -> Tensor:
        x = F.relu(self.norm(self.blocks(self.stem(images))))
        return self.head(x.mean(dim=(2, 3)))
