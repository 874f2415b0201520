"""The learning-rate range test: known curves, each group's rate, and which images it sees."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import UserError
from pipeline.data.splits import Split
from pipeline.optim.build import OptimConfig
from pipeline.training import rate_range as tested
from pipeline.training.rate_range import RateRange, RisingRates
from tests import tiny


def curve(losses) -> RateRange:
    return RateRange(np.geomspace(1e-3, 1e3, len(losses)), np.asarray(losses, dtype=float))


def test_the_suggestion_lies_where_the_loss_has_fallen_by_80_per_cent():
    places = np.arange(1000)
    # Flat, then a straight fall from 2 to 1 over the steps 200 to 700, then flat: 80 % are reached at step 600.
    losses = np.interp(places, [0, 200, 700, 1000], [2, 2, 1, 1])
    assert abs(curve(losses).suggested - 600) < 12
    noise = np.random.default_rng(0).normal(0, 0.05, 1000)
    assert abs(curve(losses + noise).suggested - 600) < 40


@pytest.mark.parametrize("losses", [[], [2.0] * 3, [2.0] * 100, np.linspace(2, 3, 100), np.linspace(2, 1.99, 100)])
def test_a_loss_that_never_falls_suggests_nothing(losses):
    with pytest.raises(UserError, match="the loss falls at no rate of the range"):
        _ = curve(losses).suggested


def tried(recipe, steps=24, low=1e-3, high=1e3, data=None):
    data = data or tiny.dataset()
    return tested.rate_range(recipe, data, recipe.data.split(data.train_labels), np.geomspace(low, high, steps))


OPTIMIZERS = {
    "adamw": OptimConfig(kind="adamw", lr=0.002),
    "sgd": OptimConfig(kind="sgd", lr=0.1, momentum=0.9),
    "muon": OptimConfig(kind="muon", lr=0.24),
    "own": OptimConfig(kind="torch.optim:RAdam", lr=0.002),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_group_rises_by_the_same_factor_and_keeps_its_decay(kind, monkeypatch):
    seen = []
    real = RisingRates.on_train_batch_start

    def spy(self, trainer, *rest):
        real(self, trainer, *rest)
        groups = trainer.optimizers[0].param_groups
        factor = self.factors[trainer.global_step]
        seen.append([(g["lr"] / g["initial_lr"] / factor, g["lr"] * g.get("weight_decay", 0), factor) for g in groups])

    monkeypatch.setattr(RisingRates, "on_train_batch_start", spy)
    found = tried(tiny.recipe(optim=OPTIMIZERS[kind]))
    assert len(seen) >= len(found.losses) > 5
    assert all(ratio == pytest.approx(1) for step in seen for ratio, *_ in step)
    if kind == "muon":  # of the weights' scale, whatever the rate
        assert all(decay in (0, pytest.approx(0.004)) for step in seen for _, decay, _ in step)


def test_neither_held_out_nor_test_images_are_touched(monkeypatch):
    data, recipe = tiny.dataset(), tiny.recipe(optim=OPTIMIZERS["adamw"])
    split = recipe.data.split(data.train_labels)
    first = tried(recipe)
    spoilt = data.train_images.copy()
    spoilt[split.held_out] = 255
    labels = data.train_labels.copy()
    blank = replace(data, train_images=spoilt, train_labels=labels, test_images=None, test_ids=None)
    labels[split.held_out] = 0
    factors = np.geomspace(1e-3, 1e3, 24)
    again = tested.rate_range(recipe, blank, Split(split.training, split.held_out), factors)
    np.testing.assert_array_equal(first.losses, again.losses)


def test_it_stops_when_the_loss_diverges_or_is_not_finite():
    recipe = tiny.recipe(optim=OptimConfig(kind="sgd", lr=0.1, momentum=0.9))
    found = tried(recipe, steps=60, high=1e12)
    assert len(found.losses) < 60
    assert np.isfinite(found.losses).all()


def test_parts_of_a_batch_have_its_rate():
    recipe = tiny.recipe(optim=OPTIMIZERS["adamw"], train={"accumulate": 2})
    factors = tried(recipe, high=2).factors
    assert factors.tolist() == np.repeat(np.geomspace(1e-3, 2, 24), 2).tolist()


def test_a_network_with_its_own_optimizer_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import torch\nimport pytorch_lightning as pl\n"
        "class Mine(pl.LightningModule):\n"
        "    def __init__(self, classes):\n        super().__init__()\n"
        "        self.head = torch.nn.Linear(3072, classes)\n"
        "    def forward(self, x):\n        return self.head(x.flatten(1))\n"
        "    def configure_optimizers(self):\n        return torch.optim.SGD(self.parameters(), lr=0.1)\n"
    )
    model = replace(tiny.recipe().model, name="./mine.py:Mine")
    with pytest.raises(UserError, match="brings its own optimizer; set its rates in configure_optimizers"):
        tried(tiny.recipe(model=model, optim=OPTIMIZERS["adamw"]))
