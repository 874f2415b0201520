"""Wide residual networks: published sizes, the block against its formula, gradients, weights there and back."""

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from pipeline.models.settings import WideResNetConfig
from pipeline.models.wide_resnet import Block, WideResNet

# Zagoruyko and Komodakis 2016, tables 2 to 4, in millions; to the digit where pytorchcv's tables give it.
PUBLISHED = {(40, 4): 8.9e6, (16, 8): 11.0e6, (22, 8): 17.2e6, (28, 10): 36_479_194, (40, 8): 35_748_314}


def network(depth=10, width=1, **options):
    torch.manual_seed(0)
    return WideResNet(WideResNetConfig(depth=depth, width=width, **options))


@pytest.mark.parametrize("shape", PUBLISHED, ids=lambda shape: f"WRN-{shape[0]}-{shape[1]}")
def test_parameters_are_as_many_as_published(shape):
    with torch.device("meta"):
        count = sum(p.numel() for p in network(*shape).parameters())
    exact = PUBLISHED[shape] % 1e4 != 0
    assert count == PUBLISHED[shape] if exact else abs(count - PUBLISHED[shape]) <= 5e4


@pytest.mark.parametrize(("shape", "multiplications"), [((28, 10), 5.25e9), ((16, 10), 2.41e9), ((40, 8), 5.18e9)])
def test_multiplications_are_as_many_as_published(shape, multiplications):
    """pytorchcv's tables count 0.1 % more, those of norms and activations."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network(*shape).eval()(torch.empty(1, 3, 32, 32))
    assert counter.get_total_flops() / 2 == pytest.approx(multiplications, rel=3e-3)


def test_a_block_is_its_formula():
    torch.manual_seed(0)
    x = torch.randn(3, 4, 8, 8)
    for block in (Block(4, 4, 1, 0.0).eval(), Block(4, 6, 2, 0.0).eval()):
        y = F.relu(F.batch_norm(x, torch.zeros(4), torch.ones(4)))
        same = x if block.shortcut is None else F.conv2d(y, block.shortcut.weight, stride=2)
        y = F.conv2d(y, block.conv1.weight, stride=block.conv1.stride, padding=1)
        y = F.relu(F.batch_norm(y, torch.zeros(len(y[0])), torch.ones(len(y[0]))))
        torch.testing.assert_close(block(x), same + F.conv2d(y, block.conv2.weight, padding=1))


def test_every_parameter_gets_a_finite_gradient_and_filters_have_he_deviation():
    net = network(width=2)
    F.cross_entropy(net(torch.randn(4, 3, 32, 32)), torch.arange(4)).backward()
    assert all(p.grad.isfinite().all() and p.grad.abs().sum() > 0 for p in net.parameters())
    weight = net.blocks[-1].conv2.weight
    assert weight.std().item() == pytest.approx((2 / (9 * weight.shape[0])) ** 0.5, rel=0.02)


def test_dropout_acts_in_training_alone():
    net, images = network(dropout=0.5), torch.randn(2, 3, 16, 16)
    assert not torch.equal(net(images), net(images))
    assert torch.equal(net.eval()(images), net(images))


def test_weights_go_there_and_back():
    one, other = network().eval(), network(width=1).eval()
    with torch.no_grad():
        for p in one.parameters():
            p.add_(0.01)
    images = torch.randn(2, 3, 32, 32)
    assert not torch.allclose(one(images), other(images))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(images), other(images))


@pytest.mark.parametrize(("field", "value"), [("depth", 27), ("depth", 4), ("width", 0), ("dropout", 1.0)])
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"model\.wide_resnet\.{field} is {value}; allowed"):
        WideResNetConfig(**{field: value})
