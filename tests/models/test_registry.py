"""The registry: every name builds, an unknown one is refused, stems fit 32x32, operations convert."""

import pytest
import torch
from torch import nn
from torchvision.models import resnet18 as imagenet_resnet18

from pipeline.core.errors import UserError
from pipeline.models import registry
from pipeline.models.settings import ModelConfig, WhitenedConfig, WideResNetConfig

IMAGES = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


SMALL = {"whitened": WhitenedConfig(widths=(8, 8, 8)), "wide_resnet": WideResNetConfig(depth=10, width=1)}


def build(name, classes=10, **options):
    torch.manual_seed(0)
    return registry.build(ModelConfig(name=name, **SMALL, **options), classes).eval()


@pytest.mark.parametrize(
    "name", ["whitened", "resnet18", "wide_resnet", "timm:resnet10t", "timm:vit_tiny_patch16_224", "timm:test_mambaout"]
)
def test_a_network_gives_a_logit_for_each_class(name):
    logits = build(name, classes=7)(IMAGES)
    assert logits.shape == (2, 7)
    assert logits.isfinite().all()


def test_resnet18_is_torchvisions_but_for_its_stem():
    ours, theirs = build("resnet18"), imagenet_resnet18(num_classes=10)
    assert ours.conv1.weight.shape == (64, 3, 3, 3)
    assert ours.conv1.stride == (1, 1)
    assert isinstance(ours.maxpool, nn.Identity)
    shapes = {name: value.shape for name, value in ours.state_dict().items() if name != "conv1.weight"}
    assert shapes == {name: value.shape for name, value in theirs.state_dict().items() if name != "conv1.weight"}
    features = ours.layer4(ours.layer3(ours.layer2(ours.layer1(ours.conv1(IMAGES)))))
    assert features.shape == (2, 512, 4, 4)


def test_the_same_seed_gives_the_same_weights():
    one, again = build("whitened").state_dict(), build("whitened").state_dict()
    assert all(torch.equal(value, again[name]) for name, value in one.items())


def test_true_convolution_computes_with_mirrored_kernels():
    plain, true = build("whitened"), build("whitened", operation="convolution")
    assert not torch.allclose(plain(IMAGES), true(IMAGES), atol=1e-4)
    mirrored = plain.state_dict()
    for name, value in mirrored.items():
        if value.ndim == 4:
            mirrored[name] = value.flip(2, 3)
    plain.load_state_dict(mirrored)
    torch.testing.assert_close(plain(IMAGES), true(IMAGES), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["whitned", "", "timm"])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(
        UserError, match=rf"model\.name is '{name}'; allowed: whitened, resnet18.*, timm:NAME, or your own as "
    ):
        build(name)


def test_an_unknown_timm_name_comes_with_near_ones():
    with pytest.raises(UserError, match=r"model\.name: timm has no 'resnet19'; did you mean .*resnet18"):
        build("timm:resnet19")
