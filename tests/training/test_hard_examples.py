"""Which images are kept, against losses computed one image at a time; what selection must leave as it was."""

import copy
import math
from dataclasses import replace

import pytest
import pytorch_lightning as pl
import torch

from pipeline.core import duration
from pipeline.core.errors import UserError
from pipeline.models.settings import ModelConfig, WhitenedConfig
from pipeline.models.whitened import WhitenedNet
from pipeline.optim.config import OptimConfig
from pipeline.runs import folder as runs
from pipeline.training import train as training
from pipeline.training.hard_examples import HardExamples, hardest
from pipeline.training.settings import AveragingConfig, SelectionConfig
from tests import tiny
from tests.tiny import train

RUN = duration.Run(batch_size=8, steps_per_epoch=5, total_steps=10)
SMALL = {"share": 0.5, "widths": (4, 8, 8)}


def network(seed=0):
    torch.manual_seed(seed)
    return WhitenedNet(WhitenedConfig(widths=(4, 8, 8)))


def batch(count=8, size=32):
    draw = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, size, size, generator=draw), torch.arange(count) % 10


def smoothed_cross_entropy(logits, label, smoothing):
    """Of one image, from the definition: -sum_k q_k log p_k with q = (1 - s) one-hot + s / classes."""
    exponentials = [math.exp(value) for value in logits]
    logs = [math.log(value / sum(exponentials)) for value in exponentials]
    return -(1 - smoothing) * logs[label] - smoothing * sum(logs) / len(logs)


def hardest_places(net, images, labels, count, smoothing):
    logits = copy.deepcopy(net).train()(images).detach().double().tolist()
    losses = [smoothed_cross_entropy(row, label, smoothing) for row, label in zip(logits, labels.tolist(), strict=True)]
    return sorted(sorted(range(len(losses)), key=lambda place: -losses[place])[:count])


@pytest.mark.parametrize("optim", [None, OptimConfig()])
@pytest.mark.parametrize("share", [0.5, 0.25])
def test_exactly_the_hardest_are_kept_in_their_order(optim, share):
    (images, labels), net = batch(), network()
    expected = hardest_places(net, images, labels, round(8 * share), 0.2)
    select = HardExamples(SelectionConfig(share=share), RUN, net, label_smoothing=0.2, optim=optim)
    kept, targets = select(images, labels, 0)
    assert torch.equal(kept, images[expected])
    assert torch.equal(targets, labels[expected])
    assert expected != hardest_places(network(1), images, labels, round(8 * share), 0.2)


def test_mixed_targets_are_kept_with_their_images():
    images, labels = batch()
    targets = torch.nn.functional.one_hot(labels, 10).float()
    select = HardExamples(SelectionConfig(share=0.5), RUN, network())
    assert torch.equal(select(images, targets, 0)[1].argmax(1), select(images, labels, 0)[1])


def test_at_least_one_image_is_kept_and_ties_are_no_error():
    assert hardest(torch.tensor([1.0, 3.0, 2.0]), 0.01).tolist() == [1]
    assert len(hardest(torch.zeros(4), 0.5)) == 2


def test_the_proxy_sees_smaller_images_but_full_ones_are_kept():
    (images, labels), net, seen = batch(), network(), []
    net.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape[-1]))
    select = HardExamples(SelectionConfig(share=0.5, resolution=24), RUN, net)
    assert select(images, labels, 0)[0].shape == (4, 3, 32, 32)
    assert select(*batch(size=16), 0)[0].shape == (4, 3, 16, 16)
    assert seen == [24, 16]


def test_selection_begins_and_ends_when_it_is_told_to():
    config = SelectionConfig(share=0.5, start="20%", until="1 epochs")
    select = HardExamples(config, RUN, network(), optim=OptimConfig())
    assert [len(select(*batch(), step)[0]) for step in range(7)] == [8, 8, 4, 4, 4, 8, 8]


def test_the_network_itself_is_asked_without_a_trace():
    (images, labels), net = batch(), network().train()
    before = copy.deepcopy(net.state_dict())
    HardExamples(SelectionConfig(share=0.5), RUN, net)(images, labels, 0)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(module.training for module in net.modules())
    net(images)  # and afterwards it keeps running statistics again
    assert not torch.equal(net.blocks[0].norm1.running_mean, before["blocks.0.norm1.running_mean"])


def test_under_bfloat16_the_network_itself_still_gets_its_gradients():
    (images, labels), net = batch(), network()
    select = HardExamples(SelectionConfig(share=0.5), RUN, net)
    with torch.autocast("cpu", torch.bfloat16):
        net(select(images, labels, 0)[0]).sum().backward()
    assert all(p.grad is not None for p in net.parameters() if p.requires_grad)


def sgd(**options):
    return OptimConfig(kind="sgd", lr=0.1, momentum=0.0, weight_decay=0.0, schedule="linear", **options)


def test_the_proxy_learns_from_the_hardest_at_every_fourth_step_with_the_rate_of_that_step():
    (images, labels), proxy = batch(), network()
    proxy.whiten.bias.requires_grad_(False)
    select = HardExamples(SelectionConfig(share=0.5), RUN, proxy, optim=sgd())
    reference = copy.deepcopy(proxy).train()
    for step in range(6):
        select(images, labels, step)
        if step % 4 == 0:
            kept = hardest_places(reference, images, labels, 4, 0.0)
            loss = torch.nn.functional.cross_entropy(reference(images)[kept], labels[kept], reduction="sum") / 8
            trained = [p for p in reference.parameters() if p.requires_grad]
            for p, gradient in zip(trained, torch.autograd.grad(loss, trained), strict=True):
                p.data -= 0.1 * (1 - step / 10) * gradient
        for p, expected in zip(proxy.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(p, expected)


@pytest.mark.parametrize("clip", [0.0, 1e-3])
def test_the_proxys_gradient_is_clipped_as_the_networks_is(clip):
    """A plain step of rate 0.1 moves all weights together by no more than 0.1 times the largest allowed norm."""
    proxy = network()
    proxy.whiten.bias.requires_grad_(False)
    before = [p.detach().clone() for p in proxy.parameters()]
    HardExamples(SelectionConfig(share=0.5), RUN, proxy, optim=sgd(clip=clip))(*batch(), 0)
    moved = math.sqrt(
        sum(float((p.detach() - q).square().sum()) for p, q in zip(proxy.parameters(), before, strict=True))
    )
    if clip:
        assert moved == pytest.approx(0.1 * clip, rel=1e-2)
    else:
        assert moved > 1e-3


def test_a_step_in_parts_is_one_update_of_the_proxy():
    (images, labels), proxy = batch(), network()
    select = HardExamples(SelectionConfig(share=0.5), RUN, proxy, optim=sgd(), accumulate=2)
    before = proxy.head.weight.clone()
    select(images[:4], labels[:4], 0, part=0)
    assert torch.equal(proxy.head.weight, before)
    select(images[4:], labels[4:], 0, part=1)
    assert not torch.equal(proxy.head.weight, before)


class Seen(pl.Callback):
    """How many images went through the network at each step."""

    def __init__(self):
        self.counts = []

    def on_train_start(self, trainer, pl_module):
        pl_module.model.register_forward_pre_hook(self._count)

    def _count(self, module, inputs):
        if module.training and torch.is_grad_enabled():
            self.counts.append(len(inputs[0]))


def last_checkpoint(folder):
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)


@pytest.mark.parametrize("proxy", ["whitened", "self"])
def test_a_share_of_one_is_the_training_without_selection_bit_by_bit(tmp_path, monkeypatch, proxy):
    recipe = tiny.recipe(selection=SelectionConfig(**SMALL | {"share": 1.0}, proxy=proxy))
    train(recipe, tiny.dataset(), tmp_path / "without")
    monkeypatch.setattr(SelectionConfig, "on", True)  # through the machinery, which such a share spares itself
    train(recipe, tiny.dataset(), tmp_path / "with")
    half = replace(recipe, selection=replace(recipe.selection, share=0.5))
    train(half, tiny.dataset(), tmp_path / "half")
    without, all_kept, half_kept = (last_checkpoint(tmp_path / name) for name in ("without", "with", "half"))
    assert "selection" in all_kept
    assert "selection" not in without
    assert all(torch.equal(value, all_kept["state_dict"][name]) for name, value in without["state_dict"].items())
    name = "model.head.weight"
    assert not torch.equal(without["state_dict"][name], half_kept["state_dict"][name])


def test_half_of_each_batch_goes_through_the_network_and_the_proxy_is_no_part_of_it(tmp_path):
    seen, recipe = Seen(), tiny.recipe(selection=SelectionConfig(**SMALL), averaging=AveragingConfig(kind="ema"))
    train(recipe, tiny.dataset(), tmp_path, extra=[seen])
    assert seen.counts == [5] * 10
    checkpoint = last_checkpoint(tmp_path)
    plain = training.initial_network(recipe, tiny.dataset().train_images, 10)
    assert set(checkpoint["state_dict"]) == {f"model.{name}" for name in plain.state_dict()}
    assert checkpoint["selection"]["network"]["head.weight"].shape == (10, 8)
    runs.load_network(tmp_path, recipe)


def test_a_proxy_whose_loss_is_not_finite_stops_the_run(tmp_path, monkeypatch):
    def broken(*arguments):
        proxy = network()
        proxy.head.weight.data.fill_(float("nan"))
        return HardExamples(SelectionConfig(share=0.5), RUN, proxy, optim=OptimConfig())

    monkeypatch.setattr(training, "selection", broken)
    with pytest.raises(UserError, match="NaN or infinite at step 0"):
        train(tiny.recipe(), tiny.dataset(), tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("share", 0.0), ("share", 1.5), ("widths", (0, 8, 8)), ("head_scale", 0.0), ("lr", 0.0), ("update_every", 0),
     ("resolution", 18), ("resolution", 8), ("start", "soon"), ("until", "120%")],
)  # fmt: skip
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"selection\.{field} is .*allowed") as error:
        SelectionConfig(**{field: value})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("selection", "model", "message"),
    [
        ({"start": "11 steps"}, "whitened", r"selection\.start is '11 steps'.*no step of the run"),
        ({"start": "50%", "until": "50%"}, "whitened", r"selection\.until '50%'"),
        ({"proxy": "self", "resolution": 16}, "sequence_rows", r"selection\.resolution has 16 pixels, which"),
    ],
)
def test_a_selection_that_does_not_fit_the_run_is_refused_in_one_line(selection, model, message):
    recipe = tiny.recipe(selection=SelectionConfig(share=0.5, **selection), model=ModelConfig(name=model))
    with pytest.raises(UserError, match=message) as error:
        tiny.check(recipe, tiny.dataset())
    assert "\n" not in str(error.value)


def test_the_proxy_can_have_a_rate_and_a_scale_of_its_own_and_the_rest_is_the_recipes():
    own, optim = SelectionConfig(share=0.5, head_scale=2.0, lr=0.7), OptimConfig(lr=0.1, bias_lr=53.0, clip=2.0)
    proxies = [
        training.selection(tiny.recipe(selection=config, optim=optim), RUN, network(), tiny.dataset().train_images, 10)
        for config in (own, SelectionConfig(share=0.5))
    ]
    rates = [{group["name"]: group["initial_lr"] for group in proxy.optimizer.param_groups} for proxy in proxies]
    assert rates[1] == {"whiten_bias": 53.0, "biases": 53.0, "head": 0.67, "filters": 0.1}
    assert rates[0] == rates[1] | {"filters": 0.7}
    assert [proxy.clip for proxy in proxies] == [2.0, 2.0]
    assert proxies[0].network.scale == 2 * proxies[1].network.scale
