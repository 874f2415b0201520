"""Training from a flipped start is the flip of the training, bit for bit: the operator is a naming of the weights."""

import copy

import pytest
import torch
from torch import nn

from pipeline import convolution as C

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
STEPS = 5


def train(model):
    """Steps of SGD with momentum on fixed random images; the losses."""
    generator = torch.Generator().manual_seed(2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    model.train()
    losses = []
    for _ in range(STEPS):
        images = torch.randn(2, 3, 24, 24, generator=generator)
        labels = torch.randint(10, (2,), generator=generator)
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_training_from_a_flipped_start_is_the_flip_of_the_training(network):
    correlating = network()
    convolving = C.convert_convention(copy.deepcopy(correlating), to="convolution")
    start = [p.clone() for p in correlating.parameters() if p.requires_grad]
    assert train(correlating) == train(convolving)
    turned = C.convert_convention(copy.deepcopy(convolving), to="cross_correlation")
    for name, value in correlating.state_dict().items():
        assert torch.equal(value, turned.state_dict()[name]), name
    trained = [p for p in correlating.parameters() if p.requires_grad]
    assert not any(torch.equal(a, b) for a, b in zip(start, trained, strict=True))


def test_training_from_the_same_values_is_another_training(residual):
    convolving = C.with_operation(residual(), "convolution")
    assert train(residual()) != train(convolving)
