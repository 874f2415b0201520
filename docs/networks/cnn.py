"""A plain convolutional network in one nn.Sequential, with 0.3 million weights."""

from torch import nn


def layer(channels_in: int, channels_out: int) -> list[nn.Module]:
    convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(channels_out), nn.ReLU()]


def cnn(width: int = 32, classes: int = 10) -> nn.Sequential:
    """Three stages of two convolutions and a pooling: images N x 3 x S x S to logits N x classes."""
    return nn.Sequential(
        *layer(3, width), *layer(width, width), nn.MaxPool2d(2),
        *layer(width, 2 * width), *layer(2 * width, 2 * width), nn.MaxPool2d(2),
        *layer(2 * width, 4 * width), *layer(4 * width, 4 * width),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(4 * width, classes),
    )  # fmt: skip
