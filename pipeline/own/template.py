"""A network of your own: change it, and train it with the command of docs/participants.md ("Your own parts").

The kit calls `Net(classes=10, ...)`. Every other argument can be set on the command line: --model.own.width 48
"""

from torch import Tensor, nn


class Net(nn.Module):
    """Normalised images, float32 N x 3 x S x S (S is 32, or less), to logits N x classes."""

    def __init__(self, width: int = 32, classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            self.block(3, width),
            self.block(width, 2 * width),
            self.block(2 * width, 4 * width),
        )
        # The mean over what is left of the image, so that every size fits.
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(4 * width, classes)

    def block(self, channels_in: int, channels_out: int) -> nn.Sequential:
        """A convolution that keeps the size, and a pooling that halves it."""
        return nn.Sequential(
            nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.pool(self.features(images)))
