"""ConvMixer (Trockman and Kolter 2022, arXiv 2201.09792): patches, then mixing in space and over channels."""

from torch import Tensor, nn


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


def activated(layer: nn.Module, width: int) -> nn.Sequential:
    return nn.Sequential(layer, nn.GELU(), nn.BatchNorm2d(width))


class ConvMixer(nn.Module):
    """Images N x 3 x S x S to logits N x classes; S must be a multiple of `patch`."""

    def __init__(self, width: int = 96, depth: int = 4, kernel: int = 5, patch: int = 2, classes: int = 10) -> None:
        super().__init__()
        blocks = []
        for _ in range(depth):
            in_space = activated(nn.Conv2d(width, width, kernel, groups=width, padding="same"), width)
            over_channels = activated(nn.Conv2d(width, width, 1), width)
            blocks += [Residual(in_space), over_channels]
        self.stem = activated(nn.Conv2d(3, width, patch, stride=patch), width)
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(images)).mean(dim=(2, 3)))
