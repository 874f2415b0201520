"""The smoothed cross-entropy is torch's, to the bit on a CPU, with its gradient."""

import pytest
import torch
import torch.nn.functional as F

from pipeline.training.smoothing import cross_entropy


@pytest.mark.parametrize("kind", ["labels", "probabilities"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.2, 0.7])
@pytest.mark.parametrize("shape", [(1, 2), (37, 10), (1000, 10), (501, 100)])
def test_loss_and_gradient_are_torchs_to_the_bit(shape, smoothing, kind):
    draw = torch.Generator().manual_seed(shape[0])
    logits = (5 * torch.randn(shape, generator=draw)).requires_grad_()
    targets = torch.randint(shape[1], shape[:1], generator=draw)
    if kind == "probabilities":
        targets = torch.rand(shape, generator=draw).softmax(1)
    ours, theirs = (f(logits, targets, label_smoothing=smoothing) for f in (cross_entropy, F.cross_entropy))
    assert torch.equal(ours, theirs)
    assert torch.equal(*(torch.autograd.grad(3 * loss, logits)[0] for loss in (ours, theirs)))
