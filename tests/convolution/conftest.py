"""The networks on which conversion and training are judged."""

import pytest
import timm
import torch
from torch import nn

from pipeline.models.registry import build
from pipeline.models.settings import ModelConfig


class Residual(nn.Module):
    """A small network, for 24 x 24 images, with what conversions get wrong: even kernels, stride, modes, sharing."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 2, padding="same")
        self.reflect = nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect", groups=2)
        self.circular = nn.Conv2d(8, 8, 3, padding=2, padding_mode="circular", dilation=2)
        self.down = nn.Conv2d(8, 16, 4, stride=2, padding=1, bias=False)
        self.shared = nn.Conv2d(16, 16, 3, padding=1)
        self.again = nn.Conv2d(16, 16, 3, padding=1)
        self.again.weight = self.shared.weight
        self.up = nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm([8, 23, 23])
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = x + torch.relu(self.reflect(x)) + self.circular(x)
        x = self.again(torch.relu(self.shared(torch.relu(self.down(x)))))
        return self.head(self.norm(self.up(x)).mean((2, 3)))


def seeded(make):
    """The same initial network at every call."""

    def make_again():
        torch.manual_seed(0)
        return make()

    return make_again


def whitened():
    """The project's fast network with its whitening filters set."""
    network = build(ModelConfig(name="whitened"))
    network.initialise_from(torch.randn(64, 3, 32, 32).cumsum(-1))
    return network


NETWORKS = {
    "residual": Residual,
    "whitened": whitened,
    "resnet18": lambda: build(ModelConfig(name="resnet18")),
    "timm resnet18": lambda: timm.create_model("resnet18", num_classes=10),
}


@pytest.fixture(params=NETWORKS)
def network(request):
    """A function that builds one of the networks, always with the same weights."""
    return seeded(NETWORKS[request.param])


@pytest.fixture
def residual():
    """A function that builds the small network."""
    return seeded(Residual)
