"""A small ResNet as a LightningModule, with a loss of its own: the focal loss (Lin et al. 2017, arXiv 1708.02002)."""

import pytorch_lightning as pl
import torch.nn.functional as F
from torch import Tensor, nn


def convolution(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(channels_out))


class Block(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.one, self.two = convolution(channels_in, channels_out, stride), convolution(channels_out, channels_out)
        self.short = nn.Conv2d(channels_in, channels_out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.two(F.relu(self.one(x))) + self.short(x))


class FocalNet(pl.LightningModule):
    """Images N x 3 x S x S to logits N x classes. The larger `gamma` is, the less easy images count in the loss."""

    def __init__(self, width: int = 24, gamma: float = 1.0, classes: int = 10) -> None:
        super().__init__()
        self.gamma = gamma
        stages = [Block(width, width, 1), Block(width, 2 * width, 2), Block(2 * width, 4 * width, 2)]
        self.body = nn.Sequential(convolution(3, width), nn.ReLU(), *stages)
        self.head = nn.Linear(4 * width, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.body(images).mean(dim=(2, 3)))

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        images, targets = batch
        losses = F.cross_entropy(self(images).float(), targets, reduction="none")
        loss = ((1 - (-losses).exp()) ** self.gamma * losses).mean()
        self.log("focal_loss", loss)
        return loss
