"""Layers that compute by chosen algorithms: found in networks, exchanged in place, the same up to rounding."""

import copy

import pytest
import torch
from torch import nn

from pipeline.kernels.layers import AutotunedConv2d, install, shapes
from pipeline.models.registry import build
from pipeline.models.settings import ModelConfig, WhitenedConfig
from pipeline.models.whitened import WhitenedNet

FASTEST = {3: "gathered", 5: "winograd", 7: "gathered", 2: "dense"}


def named(shape):
    """An algorithm for each width that there is, and Winograd's where pooling follows."""
    if shape.pooled:
        return "winograd_pooled" if shape.width < 12 else "torch"
    return FASTEST.get(shape.width, "torch")


def twins(**options):
    """Two networks of the same weights in training, the second one with chosen algorithms, and its shapes."""
    networks = []
    for _ in range(2):
        torch.manual_seed(0)
        networks.append(WhitenedNet(WhitenedConfig(widths=(8, 16, 24), **options)))
    found = shapes(networks[1], (24, 32))
    install(found, {str(shape): named(shape) for of in found.values() for shape in of.values()})
    return *networks, found


def test_the_shapes_of_a_network_are_those_that_its_layers_meet():
    found = shapes(WhitenedNet(WhitenedConfig(widths=(8, 16, 24))), (32,))
    assert [str(shape) for of in found.values() for shape in of.values()] == [
        "24->8 31x31 pooled", "8->8 15x15", "8->16 15x15 pooled", "16->16 7x7", "16->24 7x7 pooled", "24->24 3x3",
    ]  # fmt: skip


def test_networks_of_others_are_found_too_and_their_strided_layers_are_not():
    names = {str(shape) for of in shapes(build(ModelConfig(name="resnet18")), (32,)).values() for shape in of.values()}
    assert {"3->64 32x32", "512->512 4x4"} <= names
    assert not [name for name in names if "64->128" in name]


@pytest.mark.parametrize(("size", "depth"), [(32, 2), (24, 3)])
def test_chosen_algorithms_change_neither_logits_nor_gradients_beyond_rounding(size, depth):
    plain, fast, _ = twins(depth=depth)
    images = torch.randn(6, 3, size, size, generator=torch.Generator().manual_seed(1))
    outputs = [network(images) for network in (plain, fast)]
    torch.testing.assert_close(*outputs, rtol=1e-3, atol=1e-5)
    for output in outputs:
        output.square().sum().backward()
    for a, b in zip(plain.parameters(), fast.parameters(), strict=True):
        if a.grad is not None:
            assert (a.grad - b.grad).norm() <= 1e-3 * a.grad.norm()


def test_the_exchanged_network_keeps_its_parameters_names_and_mode():
    plain, fast, found = twins()
    assert fast.training
    assert list(plain.state_dict()) == list(fast.state_dict())
    assert all(isinstance(layer, AutotunedConv2d) for layer in found)
    assert [id(p) for layer in found for p in layer.parameters()] == [id(layer.weight) for layer in found]


def test_algorithms_are_for_training_alone_and_a_copy_has_its_own_weights(monkeypatch):
    _, fast, found = twins()
    layer = next(layer for layer, of in found.items() if (3, 3) in of)
    images = torch.randn(2, 24, 3, 3)
    assert layer.algorithm_for(images).name == "gathered"
    with torch.no_grad():
        assert layer.algorithm_for(images) is None
    assert layer.eval().algorithm_for(images) is None
    other = copy.deepcopy(fast)
    assert other.blocks[-1].conv2.weight is not fast.blocks[-1].conv2.weight


def test_layers_with_a_bias_groups_or_a_forward_of_their_own_are_left_alone():
    class Own(nn.Conv2d):
        def forward(self, images):
            return images

    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False),
        Own(4, 4, 3, padding=1, bias=False), nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect", bias=False),
    )  # fmt: skip
    assert shapes(network, (8,)) == {}
