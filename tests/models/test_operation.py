"""`model.operation`: what true convolution changes in a network, and what it must not."""

import pytest
import torch

from pipeline.core.errors import UserError
from pipeline.models.registry import build
from pipeline.models.settings import ModelConfig, WhitenedConfig

SMALL = WhitenedConfig(widths=(8, 8, 8))


def test_the_first_layer_whitens_with_either_operator():
    images = torch.randn(64, 3, 32, 32, generator=torch.Generator().manual_seed(0)).cumsum(-1)
    outputs = []
    for operation in ("cross_correlation", "convolution"):
        network = build(ModelConfig(operation=operation, whitened=SMALL))
        network.initialise_from(images)
        outputs.append(network.whiten(images))
    torch.testing.assert_close(*outputs)
    assert not torch.allclose(outputs[0], torch.zeros_like(outputs[0]))


def test_the_same_weights_compute_something_else():
    networks = []
    for operation in ("cross_correlation", "convolution"):
        torch.manual_seed(1)
        networks.append(build(ModelConfig(operation=operation, whitened=SMALL)).eval())
    assert all(torch.equal(a, b) for a, b in zip(*(n.parameters() for n in networks), strict=True))
    images = torch.randn(2, 3, 32, 32)
    assert not torch.allclose(networks[0](images), networks[1](images))


def test_a_layer_with_its_own_forward_is_refused_in_one_line():
    with pytest.raises(UserError, match=r"model\.operation is 'convolution'"):
        build(ModelConfig(name="timm:nf_regnet_b0", operation="convolution"))
