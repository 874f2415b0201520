"""The benchmark's parts at their smallest: counts against formulas, both loops step for step; no speed is asserted."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from pipeline.benchmark import augmentation, history, inference, lightning, machine, networks
from pipeline.commands import benchmark
from tests import tiny

CPU = torch.device("cpu")


def test_operations_of_a_convolution_are_the_formulas():
    step = networks.convolution_step(channels=4, pixels=8, batch=3, device=CPU, dtype=torch.float32)
    once = 2 * 3 * 8 * 8 * 4 * 4 * 3 * 3  # a multiplication and an addition a kernel element and output
    assert networks.count_flops(step) == 3 * once  # forward, and back to the images and to the weights


def test_rates_and_the_ceiling_share_one_clock(monkeypatch):
    monkeypatch.setattr(networks, "NETWORKS", (("whitened", 24),))
    monkeypatch.setattr(networks, "CEILINGS", ((4, 8),))
    monkeypatch.setattr(networks, "medians", lambda calls, repeats: dict.fromkeys(calls, 0.5))
    (rate,), ceiling = networks.training_rates(CPU, torch.float32, 2, 1)
    assert (rate.name, rate.pixels, rate.images_per_second) == ("whitened", 24, 4.0)
    assert ceiling == pytest.approx(3 * 2 * 2 * 8 * 8 * 4 * 4 * 9 / 0.5)
    assert rate.flops_per_second == 4 * rate.flops_per_image


def test_every_part_measures_something(tmp_path):
    forward, rates = inference.inference_rates(CPU, False, 2, 1)
    assert forward > 0
    assert min(rates.values()) > 0
    assert set(augmentation.augmentation_rates(CPU, 20, 1)) == {"tensor", "albumentations"}


def test_both_loops_take_the_same_steps(monkeypatch):
    recipe = tiny.recipe(train={"length": "8 steps"})
    recipe = replace(recipe, data=replace(recipe.data, validation=0))
    losses = []
    cross_entropy = torch.nn.functional.cross_entropy

    def watched(logits, *rest, **options):
        loss = cross_entropy(logits, *rest, **options)
        losses.append(loss.item())
        return loss

    monkeypatch.setattr(torch.nn.functional, "cross_entropy", watched)
    dataset = lightning.random_images(80)
    for loop in (lightning.bare_loop, lightning.lightning_loop):
        assert len(loop(recipe, dataset)) == 8 - lightning.WARM_UP - 1
    assert len(losses) == 16
    np.testing.assert_allclose(losses[:8], losses[8:], rtol=1e-5)
    assert len(set(losses[:8])) == 8


def test_overhead_is_of_medians(monkeypatch):
    monkeypatch.setattr(lightning, "bare_loop", lambda *_: [1.0, 1.0, 9.0])
    monkeypatch.setattr(lightning, "lightning_loop", lambda *_: [1.1, 1.1, 7.0])
    cost = lightning.overhead(tiny.recipe(), 2, 3)
    assert (cost.bare, cost.lightning, cost.share) == (1.0, 1.1, pytest.approx(0.1))


def test_a_busy_machine_is_told_from_a_quiet_one():
    assert not machine.Quiet(load=0.1, share=0.98).busy
    assert "quiet machine (load 0.10 a core" in str(machine.Quiet(load=0.1, share=0.98))
    for quiet in (machine.Quiet(load=1.0, share=0.98), machine.Quiet(load=0.0, share=0.5)):
        assert quiet.busy
        assert str(quiet).startswith("BUSY MACHINE")
    assert 0 < machine.processor_share(0.05) <= 1


def run_with(folder, accuracies, recipe="r"):
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"recipe": recipe, "data": "cifar10"}))
    rows = {"seconds": [10.0] * len(accuracies), "validation_accuracy": accuracies}
    pd.DataFrame(rows).to_csv(folder / "metrics.csv")


def test_time_to_accuracy_is_up_to_the_first_epoch_that_reached_it(tmp_path):
    run_with(tmp_path / "r" / "one", [0.5, 0.91, 0.89])
    run_with(tmp_path / "r" / "other", [None, None, None, 0.945])
    run_with(tmp_path / "r" / "third", [0.2, 0.3, 0.4])
    assert history.times_to_accuracy(tmp_path) == [("r", "cifar10", 0.9, 30.0, 2), ("r", "cifar10", 0.94, 40.0, 1)]


def test_the_command_prints_each_part_and_says_if_the_machine_is_busy(monkeypatch, tmp_path, capsys):
    def table(name):
        def made(*_):
            made = benchmark.new_table(name, "a", "b")
            made.add_row("x", "1")
            return made

        return made

    for name in ("training", "augmentation", "lightning", "inference"):
        monkeypatch.setattr(benchmark, f"{name}_table", table(name))
    monkeypatch.setattr(machine, "load_before", lambda: 3.0)
    monkeypatch.setattr(machine, "processor_share", lambda: 1.0)
    assert benchmark.main(["--quick", "--device", "cpu", "--runs", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    places = [output.index(name) for name in ("training", "augmentation", "lightning", "inference")]
    assert places == sorted(places)
    assert "load 3.00 a core before the start" in output
    assert output.count("BUSY MACHINE") >= 5
