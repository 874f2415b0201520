"""Every network's parameters: each once, in the right group; and the schedule of each group."""

import math

import pytest
import torch
from torch import nn

from pipeline.core.duration import Run
from pipeline.models import registry
from pipeline.models.settings import TimmConfig, WhitenedConfig
from pipeline.optim.build import optimizer_and_schedule
from pipeline.optim.config import OptimConfig

RUN = Run(batch_size=10, steps_per_epoch=10, total_steps=40)
TINY = WhitenedConfig(widths=(4, 6, 8))


def network(name):
    return registry.build(registry.ModelConfig(name=name, whitened=TINY, timm=TimmConfig()))


def parameter_groups(network, config):
    return optimizer_and_schedule(network, config, RUN)[0].param_groups


@pytest.fixture(scope="module", params=["whitened", "resnet18", "timm:vit_tiny_patch16_224"])
def built(request):
    return network(request.param)


@pytest.mark.parametrize("kind", ["muon", "sgd", "adamw"])
def test_each_trained_parameter_is_in_exactly_one_group(built, kind):
    grouped = [id(p) for group in parameter_groups(built, OptimConfig(kind=kind)) for p in group["params"]]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {id(p) for p in built.parameters() if p.requires_grad}


def names_by_group(network, kind):
    names = {id(p): name for name, p in network.named_parameters()}
    groups = parameter_groups(network, OptimConfig(kind=kind))
    return {group["name"]: {names[id(p)] for p in group["params"]} for group in groups}


def test_muon_takes_weights_of_layers_and_nothing_else(built):
    weights = {
        f"{name}.weight" for name, m in built.named_modules()
        if isinstance(m, nn.Conv2d | nn.Linear) and m.weight.requires_grad
    }  # fmt: skip
    groups = names_by_group(built, "muon")
    head = groups["head"]
    assert head & weights == {name for name in weights if name.startswith(("head", "fc"))}
    assert groups["filters"] == weights - head


def test_the_whitening_bias_has_a_group_of_its_own():
    assert names_by_group(network("whitened"), "muon")["whiten_bias"] == {"whiten.bias"}


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_biases_and_norms_are_not_decayed(built, kind):
    for group in parameter_groups(built, OptimConfig(kind=kind, weight_decay=0.1)):
        shapes = {p.ndim for p in group["params"]}
        assert group["weight_decay"] == (0.0 if min(shapes) < 2 else 0.1)


def test_decay_in_a_step_does_not_grow_with_a_groups_rate():
    config = OptimConfig(weight_decay=0.01, bias_lr=0.05, head_lr=0.5)
    for group in parameter_groups(network("whitened"), config):
        if group["name"] != "filters":
            assert group["lr"] * group["weight_decay"] == pytest.approx(0.01)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_the_whitening_bias_is_frozen_after_its_time_whatever_the_schedule(schedule, floor):
    config = OptimConfig(whiten_bias="2 epochs", schedule=schedule, floor=floor)
    optimizer, scheduler = optimizer_and_schedule(network("whitened"), config, RUN)
    rates = []
    for _ in range(40):
        rates.append({group["name"]: group["lr"] for group in optimizer.param_groups})
        optimizer.step()
        scheduler.step()
    assert rates[0]["whiten_bias"] == pytest.approx(0.053)
    assert rates[19]["whiten_bias"] > 0
    assert [rate["whiten_bias"] for rate in rates[20:]] == [0.0] * 20
    assert rates[39]["filters"] > 0


def test_a_warm_up_of_5_percent():
    optimizer, scheduler = optimizer_and_schedule(network("resnet18"), OptimConfig(kind="sgd", warmup="5%"), RUN)
    rates = []
    for _ in range(4):
        rates.append(optimizer.param_groups[0]["lr"] / 0.24)
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx([1 / 3, 2 / 3, 1.0, 37 / 38])


def test_a_warm_up_as_long_as_the_run_reaches_the_peak_at_its_last_step():
    config = OptimConfig(kind="sgd", lr=0.4, warmup="40 steps")
    optimizer, scheduler = optimizer_and_schedule(nn.Linear(2, 2), config, RUN)
    for _ in range(38):
        optimizer.step()
        scheduler.step()
    before_last = optimizer.param_groups[0]["lr"]
    optimizer.step()
    scheduler.step()
    assert (before_last, optimizer.param_groups[0]["lr"]) == pytest.approx((0.4 * 39 / 40, 0.4))


@pytest.mark.parametrize(
    ("field", "value"),
    [("lr", 0.0), ("bias_lr", -1.0), ("momentum", 1.0), ("floor", 1.1), ("weight_decay", -0.1), ("clip", -1.0),
     ("newton_schulz_steps", 0), ("newton_schulz_steps", 11), ("warmup", "soon"), ("whiten_bias", "120%"),
     ("momentum", -0.1), ("side_momentum", 1.0), ("floor", -0.1), ("head_lr", 0.0), ("lr", math.nan),
     *((name, math.inf) for name in ("lr", "bias_lr", "head_lr", "weight_decay", "clip"))],
)  # fmt: skip
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"optim\.{field} is .*allowed: "):
        OptimConfig(**{field: value})


@pytest.mark.parametrize(
    ("field", "values"),
    [("momentum", (0.0, 0.9999)), ("side_momentum", (0.0, 0.9999)), ("floor", (0.0, 1.0)), ("weight_decay", (0.0,)),
     ("clip", (0.0,)), ("newton_schulz_steps", (1, 10))],
)  # fmt: skip
def test_a_value_at_the_end_of_its_range_is_valid(field, values):
    assert [getattr(OptimConfig(**{field: value}), field) for value in values] == [*values]


@pytest.mark.parametrize(("given", "bf16"), [({}, True), ({"bf16": False}, False)])
def test_muon_may_use_bfloat16_unless_the_recipe_computes_in_float32(given, bf16):
    optimizer, _ = optimizer_and_schedule(nn.Linear(2, 2), OptimConfig(), RUN, **given)
    assert {group["bf16"] for group in optimizer.param_groups} == {bf16}


def test_what_is_not_asked_for_is_off():
    config = OptimConfig()
    assert (config.clip, config.floor, config.warmup, config.schedule) == (0, 0, "0 steps", "linear")


def test_a_warm_up_that_is_longer_than_the_whitening_bias_is_trained_ends_with_it():
    """Its rate reaches the peak at its last step."""
    config = OptimConfig(whiten_bias="5 steps", warmup="10 steps")
    optimizer, scheduler = optimizer_and_schedule(network("whitened"), config, RUN)
    rates = []
    for _ in range(7):
        rates.append({group["name"]: group["lr"] for group in optimizer.param_groups}["whiten_bias"] / 0.053)
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 0.0, 0.0])


def test_every_kind_lowers_a_loss():
    images, labels = torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0)), torch.arange(16) % 10
    for kind, lr in (("muon", 0.1), ("sgd", 0.05), ("adamw", 0.01)):
        torch.manual_seed(0)
        net = network("whitened")
        net.initialise_from(images)
        optimizer, _ = optimizer_and_schedule(net, OptimConfig(kind=kind, lr=lr), RUN)
        losses = []
        for _ in range(8):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < 0.9 * losses[0], kind
