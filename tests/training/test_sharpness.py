"""SAM and ASAM against their papers' formulas, written anew with torch.func; and in whole runs."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pipeline.core.errors import UserError
from pipeline.training.settings import SelectionConfig, SharpnessConfig
from pipeline.training.sharpness import Sharpness
from tests import tiny


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3)).double()


def batch():
    draw = torch.Generator().manual_seed(1)
    return torch.randn(7, 4, generator=draw, dtype=torch.float64), torch.randint(3, (7,), generator=draw)


def independent_step(net, images, labels, kind, rho, lr):
    """The weights after one step of the paper's algorithm, as a dict; the network is left alone."""
    weights = {name: p.detach().clone() for name, p in net.named_parameters()}
    state = {name: value.clone() for name, value in net.named_buffers()}

    def loss(at):
        return F.cross_entropy(
            torch.func.functional_call(net, (at, {n: v.clone() for n, v in state.items()}), images), labels
        )

    first = torch.func.grad(loss)(weights)
    stretch = {n: w.abs() + 0.01 if kind == "asam" and w.ndim == 2 else torch.ones_like(w) for n, w in weights.items()}
    length = sum((stretch[n] * first[n]).square().sum() for n in first).sqrt()
    there = {n: w + rho * stretch[n] ** 2 * first[n] / length for n, w in weights.items()}
    second = torch.func.grad(loss)(there)
    return {n: w - lr * second[n] for n, w in weights.items()}


@pytest.mark.parametrize(("kind", "rho"), [("sam", 0.05), ("asam", 0.5), ("sam", 2.0)])
def test_a_step_is_that_of_the_paper(kind, rho):
    net, (images, labels) = network(), batch()
    expected = independent_step(net, images, labels, kind, rho, lr=0.1)
    optimizer, sharpness = torch.optim.SGD(net.parameters(), lr=0.1), Sharpness(SharpnessConfig(kind=kind, rho=rho))

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        return loss

    first = F.cross_entropy(network()(images), labels)
    assert optimizer.step(lambda: sharpness(net, closure)) == first
    for name, p in net.named_parameters():
        torch.testing.assert_close(p.detach(), expected[name], rtol=1e-9, atol=1e-10)


def test_batchnorm_learns_from_the_first_pass_alone():
    net, (images, _) = network(), batch()
    sharpness, other = Sharpness(SharpnessConfig(kind="sam", rho=5.0)), network()
    other(images)

    def closure():
        net.zero_grad()
        loss = net(images).square().sum()
        loss.backward()
        return loss

    sharpness(net, closure)
    for (name, ours), theirs in zip(net.named_buffers(), other.buffers(), strict=True):
        assert torch.equal(ours, theirs), name
    assert net[1].track_running_stats


@pytest.mark.parametrize("kind", ["sam", "asam"])
def test_a_run_takes_two_passes_a_step_and_counts_the_first(tmp_path, kind, monkeypatch):
    plain = tiny.train(tiny.recipe(train={"length": "5 steps"}), tiny.dataset(), tmp_path / "plain")
    recipe = tiny.recipe(train={"length": "5 steps"}, sharpness=SharpnessConfig(kind=kind, rho=1e-9))
    same = tiny.train(recipe, tiny.dataset(), tmp_path / "same")
    for a, b in zip(plain.model.parameters(), same.model.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)
    assert same._batches == 5
    far = tiny.train(replace(recipe, sharpness=SharpnessConfig(kind=kind, rho=1.0)), tiny.dataset(), tmp_path / "far")
    assert not torch.allclose(far.model.head.weight, plain.model.head.weight, rtol=1e-3)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"train": {"accumulate": 2}}, "train.accumulate above 1"),
        ({"selection": SelectionConfig(share=0.5)}, "selection.share below 1"),
        ({"train": {"precision": "fp16"}}, "train.precision fp16"),
    ],
)
def test_what_it_does_not_go_with_is_refused(changes, named):
    recipe = tiny.recipe(sharpness=SharpnessConfig(kind="asam"), **changes)
    with pytest.raises(UserError, match=f"sharpness.kind is 'asam', which cannot be combined with {named}: set"):
        tiny.check(recipe, tiny.dataset())


def test_a_radius_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"sharpness.rho is 0; allowed: a positive number"):
        SharpnessConfig(rho=0)
