"""ResNet-18 with a 3x3 stem for 32x32 images: the classic baseline (He et al. 2015, arXiv 1512.03385)."""

from torch import nn


def adapt_stem(network: nn.Module) -> nn.Module:
    """Replace an ImageNet stem (7x7 stride 2, then max-pool) by 3x3 stride 1 without pooling, in place.

    Works on networks with timm's or torchvision's ResNet names (`conv1`, `maxpool`).
    """
    old = network.conv1
    if isinstance(old, nn.Conv2d) and old.stride != (1, 1):
        network.conv1 = nn.Conv2d(3, old.out_channels, 3, stride=1, padding=1, bias=old.bias is not None)
        nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    network.maxpool = nn.Identity()
    return network


def resnet18(classes: int = 10) -> nn.Module:
    """torchvision's ResNet-18 with an adapted stem: images N x 3 x 32 x 32 to logits N x classes."""
    from torchvision.models import resnet18 as imagenet_resnet18

    return adapt_stem(imagenet_resnet18(num_classes=classes))
